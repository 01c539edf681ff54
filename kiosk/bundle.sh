#!/bin/sh
# Collects everything that install.sh needs into one folder, to be copied to a USB stick. Made on any
# Linux computer with a network; the panel computer then needs none.
set -eu
here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
program=${0##*/}

usage() {
  cat <<'TEXT'
Usage: kiosk/bundle.sh [OPTION …] DIR

Puts engine, panel and every wheel they need into DIR, with the installer. Each wheel is checked
against the hash in uv.lock.

  --suite bookworm|trixie    Debian 12 or 13 of the panel computer (default: bookworm)
  --architecture ARCH        x86_64 or aarch64 (default: of this computer)
  --packages                 collect the Debian packages too (about 300 MB; needs apt-get); for
                             Raspberry Pi OS leave them out and install with a network once
  --mirror URL               where Debian packages come from (default: http://deb.debian.org/debian)
TEXT
}

suite=bookworm architecture=$(uname -m) with_packages=no mirror=http://deb.debian.org/debian folder=''
dry_run=no steps=4
# Published as source only, in pure Python: their wheels are built here, from the source of the lock.
from_source='snmp'
# Runs the installation of the others out of its own wheel.
pip_pin='pip==26.3 --hash=sha256:f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13'

# shellcheck source=lib/saying.sh
. "$here/lib/saying.sh"
# shellcheck source=lib/packages.sh
. "$here/lib/packages.sh"

while [ $# -gt 0 ]; do
  case $1 in
    --packages) with_packages=yes ;;
    --suite | --architecture | --mirror)
      [ $# -ge 2 ] || fail "$1 needs a value; see --help"
      case $1 in
        --suite) suite=$2 ;;
        --architecture) architecture=$2 ;;
        *) mirror=$2 ;;
      esac
      shift
      ;;
    -h | --help)
      usage
      exit
      ;;
    -*) fail "unknown option $1; see --help" ;;
    *) folder=$1 ;;
  esac
  shift
done
[ -n "$folder" ] || fail "where to? Name a folder; see --help"
# The C library of each suite decides which wheels run (trixie has 2.41; uv knows names up to 2.40).
case $suite in
  bookworm) python=3.11 newest_glibc=36 ;;
  trixie) python=3.13 newest_glibc=40 ;;
  *) fail "$suite is neither bookworm nor trixie" ;;
esac
case $architecture in
  x86_64) debian_architecture=amd64 ;;
  aarch64) debian_architecture=arm64 ;;
  *) fail "$architecture is neither x86_64 nor aarch64" ;;
esac
uv=$(command -v uv || echo "$root/.dev/uv/bin/uv")
[ -x "$uv" ] || fail "uv is missing: run ./dev demo once, or install uv"
if [ -e "$folder" ] && [ ! -e "$folder/wheels" ] && [ -n "$(ls -A "$folder")" ]; then
  fail "$folder is no bundle and not empty"
fi

mkdir -p "$folder"
folder=$(readlink -f "$folder")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Unfinished until everything is there.
rm -rf "$folder/BUNDLE" "$folder/SHA256SUMS" "$folder/wheels"
mkdir -p "$folder/wheels"

step "which wheels: uv.lock for Python $python on $architecture"
(
  cd "$root"
  "$uv" export --quiet --frozen --no-dev --no-emit-workspace --no-annotate --no-header \
    --package bacs-core --package bacs-hmi --extra all >"$scratch/locked.txt"
  # What applies to this Python, by name and version; the hashes stay those of the lock.
  "$uv" pip compile --quiet --no-deps --no-annotate --no-header --python-version "$python" \
    --python-platform "$architecture-manylinux_2_$newest_glibc" "$scratch/locked.txt" >"$scratch/applies.txt"
) || fail "uv could not say what is needed, see above"
awk '
  FNR == NR { applies[$1] = 1; next }
  /^[^ ]/ { keep = ($1 in applies); sub(/ ;[^\\]*/, "", $0) }
  keep { print }
' "$scratch/applies.txt" "$scratch/locked.txt" >"$folder/requirements.txt"
printf '%s\n' "$pip_pin" >"$scratch/pip.txt"
: >"$scratch/sources.txt"
for name in $from_source; do
  awk -v name="$name" '
    /^[^ ]/ { is_it = index($1, name "==") == 1 }
    is_it { print > sources; next }
    { print }
  ' sources="$scratch/sources.txt" "$folder/requirements.txt" >"$scratch/wheels.txt"
  mv "$scratch/wheels.txt" "$folder/requirements.txt"
done

step "wheels"
platforms=''
for glibc in $(seq "$newest_glibc" -1 17); do
  platforms="$platforms --platform manylinux_2_${glibc}_$architecture"
done
platforms="$platforms --platform manylinux2014_$architecture --platform linux_$architecture"
download() {
  "$uv" tool run --quiet --from "${pip_pin%% *}" pip download -qq --disable-pip-version-check \
    --no-deps --require-hashes "$@"
}
# shellcheck disable=SC2086 # several platforms
download_wheels() {
  download --only-binary :all: --python-version "$python" --implementation cp $platforms \
    --dest "$folder/wheels" --requirement "$1"
}
download_wheels "$folder/requirements.txt" || fail "not every wheel could be had, see above"
download_wheels "$scratch/pip.txt" || fail "pip could not be had, see above"
download --no-binary :all: --dest "$scratch/sources" \
  --requirement "$scratch/sources.txt" || fail "not every source could be had, see above"
for source in "$scratch"/sources/*; do
  "$uv" build --quiet --wheel --out-dir "$scratch/own" "$source" ||
    fail "$(basename "$source") could not be built, see above"
done
for package in bacs-core bacs-hmi; do
  (cd "$root" && "$uv" build --quiet --wheel --package "$package" --out-dir "$scratch/own") ||
    fail "$package could not be built, see above"
done
for wheel in "$scratch"/own/*.whl; do
  cp "$wheel" "$folder/wheels/"
  name=$(basename "$wheel")
  printf '%s @ file:%s --hash=sha256:%s\n' "${name%%-*}" "$name" "$(sha256sum "$wheel" | cut -d ' ' -f 1)"
done | sed -E 's/^([a-z_]+) @ file:[^-]*-([^-]*)-[^ ]*/\1==\2/' >>"$folder/requirements.txt"
note "$(find "$folder/wheels" -name '*.whl' | wc -l) wheels"

# All packages that the kiosk needs on an empty computer, so that no state of a panel computer
# surprises the installer. Nothing of this computer is read or changed.
collect_packages() {
  mkdir -p "$scratch/apt/lists/partial" "$folder/debs/partial"
  : >"$scratch/apt/status"
  {
    echo "deb $mirror $suite main"
    echo "deb $mirror $suite-updates main"
    echo "deb ${mirror%/debian}/debian-security $suite-security main"
  } >"$scratch/apt/sources.list"
  set -- -o Dir::Etc::sourcelist="$scratch/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State="$scratch/apt" -o Dir::State::Lists="$scratch/apt/lists" \
    -o Dir::State::status="$scratch/apt/status" -o Dir::Cache="$scratch/apt" \
    -o Dir::Cache::archives="$folder/debs" -o APT::Architecture="$debian_architecture" \
    -o APT::Architectures="$debian_architecture" -o APT::Sandbox::User=root \
    -o APT::Get::List-Cleanup=no -o Debug::NoLocking=yes --quiet --quiet --yes
  apt-get "$@" update
  # shellcheck disable=SC2086 # several packages
  apt-get "$@" --no-install-recommends --download-only install $packages_needed
  rm -rf "$folder/debs/partial" "$folder/debs/lock"
  for deb in "$folder"/debs/*.deb; do
    dpkg-deb --field "$deb"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$(basename "$deb")" \
      "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
  done >"$folder/debs/Packages"
}

step "Debian packages"
rm -rf "$folder/debs"
if [ "$with_packages" = yes ]; then
  collect_packages || fail "not every package could be had, see above"
  note "$(find "$folder/debs" -name '*.deb' | wc -l) packages"
else
  note "not asked for: the panel computer needs a network, or has them"
fi

step "installer"
for part in install.sh lib system defaults; do
  rm -rf "${folder:?}/$part"
  cp -R "$here/$part" "$folder/$part"
done
rm -rf "$folder/docs"
mkdir -p "$folder/docs/pictures"
for page in kiosk STICK SITE-FILE COMMISSIONING BACKUP; do cp "$root/docs/$page.md" "$folder/docs/"; done
cp "$root"/docs/pictures/kiosk-*.png "$folder/docs/pictures/"
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$root/core/bacs_core/__init__.py")
release=$version-$(sha256sum "$folder/requirements.txt" | cut -c 1-8)
(cd "$folder" && find . -type f ! -name SHA256SUMS ! -name BUNDLE -print0 | sort -z | xargs -0 sha256sum) \
  >"$scratch/SHA256SUMS"
mv "$scratch/SHA256SUMS" "$folder/SHA256SUMS"
printf 'release=%s\narchitecture=%s\npython=%s\nsuite=%s\n' \
  "$release" "$architecture" "$python" "$suite" >"$scratch/BUNDLE"
mv "$scratch/BUNDLE" "$folder/BUNDLE"
note "release $release, $(du -sh "$folder" | cut -f 1)"
note "fingerprint $(sha256sum "$folder/SHA256SUMS" | cut -d ' ' -f 1)"
echo "On the panel computer: sh install.sh in this folder, as root. How: docs/kiosk.md"
