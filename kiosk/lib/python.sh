# shellcheck shell=sh
# Engine and panel in an environment of their own. Each release has its folder, and one link says
# which one is used: an update that breaks off changes nothing.

releases=/opt/bacs/releases

install_release() {
  target=$releases/$release
  if [ -e "$target/complete" ]; then
    note "release $release is there already"
  else
    run make_environment "$target"
  fi
  run use_release "$target"
}

make_environment() {
  rm -rf "$1"
  mkdir -p "$releases"
  python3 -m venv --without-pip "$1"
  # pip runs out of its own wheel: nothing is needed but Python itself.
  pip=$(sed -n 's,^[0-9a-f]\{64\}  \./\(wheels/pip-[^/]*\.whl\)$,\1,p' "$bundle/SHA256SUMS")
  [ -n "$pip" ] || fail "the bundle has no pip"
  "$1/bin/python" "$bundle/$pip/pip" install --quiet --no-index --no-deps --require-hashes --no-cache-dir \
    --disable-pip-version-check --find-links "$bundle/wheels" --requirement "$bundle/requirements.txt" ||
    fail "the wheels of the bundle could not be installed, see above"
  # Loading it once shows whether it fits this computer.
  for name in bacs bacs-hmi; do
    "$1/bin/$name" --version >/dev/null || fail "$name of the bundle does not run on this computer"
  done
  # The mark of a complete release must not reach the medium before the release itself.
  sync --file-system "$1"
  : >"$1/complete"
}

use_release() {
  # The release before stays, to go back to; of none, or of the same one, the last one before it.
  before=$(readlink /opt/bacs/current 2>/dev/null || true)
  if [ "$before" = "$1" ]; then before=$(readlink /opt/bacs/before 2>/dev/null || true); fi
  switch_link "$1" /opt/bacs/current
  switch_link current/bin /opt/bacs/bin
  [ -z "$before" ] || switch_link "$before" /opt/bacs/before
  for folder in "$releases"/*; do
    if [ "$folder" != "$1" ] && [ "$folder" != "$before" ]; then rm -rf "$folder"; fi
  done
}

# A link is replaced in one step.
switch_link() {
  ln -sfn "$1" "$2.new"
  mv -fT "$2.new" "$2"
}
