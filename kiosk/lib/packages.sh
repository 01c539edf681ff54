# shellcheck shell=sh
# Debian packages: from the bundle if it has them, else from the network.

# What the kiosk runs on; bundle.sh collects the same.
packages_needed='python3 cage xwayland chromium chromium-sandbox libpam-systemd dbus nftables udev
  systemd-timesyncd wlr-randr fonts-dejavu-core alsa-utils util-linux exfatprogs e2fsprogs dosfstools
  plymouth overlayroot'

missing_packages() {
  for package in $packages_needed; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null |
      grep -q 'install ok installed' || printf '%s ' "$package"
  done
}

# apt with nothing but the folder of the bundle as its source. Its checksums have been checked, so
# that a signature would say no more.
install_from_bundle() {
  lists=$(mktemp -d)
  mkdir -p "$lists/of-bundle/partial"
  echo "deb [trusted=yes] file:$(readlink -f "$bundle")/debs ./" >"$lists/bundle.list"
  bundled_apt update && bundled_apt install "$@" && done_well=yes || done_well=no
  rm -rf "$lists"
  [ "$done_well" = yes ] || fail "the packages of the bundle could not be installed, see above"
}

bundled_apt() {
  DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet --yes --no-install-recommends \
    -o Dir::Etc::sourcelist="$lists/bundle.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::Lists="$lists/of-bundle" -o APT::Sandbox::User=root "$@"
}

install_from_network() {
  apt-get --quiet --quiet --yes update
  # A package that asks questions would wait for a keyboard for ever.
  DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet --yes --no-install-recommends install "$@"
}

install_packages() {
  missing=$(missing_packages)
  if [ -z "$missing" ]; then
    note "all there"
    return
  fi
  note "missing: $missing"
  if [ -e "$bundle/debs/Packages" ]; then
    if [ "$bundle_suite" != "$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")" ]; then
      fail "the Debian packages of the bundle are for $bundle_suite"
    fi
    # shellcheck disable=SC2086 # several packages
    run install_from_bundle $missing
  else
    # shellcheck disable=SC2086 # several packages
    run install_from_network $missing
  fi
}
