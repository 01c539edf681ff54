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
  # A link, because apt takes no address with a space, and sticks have such names.
  ln -s "$(readlink -f "$bundle")" "$lists/bundle"
  echo "deb [trusted=yes] file:$lists/bundle/debs ./" >"$lists/bundle.list"
  bundled_apt update && bundled_apt --fix-broken install "$@" && done_well=yes || done_well=no
  rm -rf "$lists"
  [ "$done_well" = yes ] || fail "the packages of the bundle could not be installed, see above"
}

bundled_apt() {
  quiet_apt -o Dir::Etc::sourcelist="$lists/bundle.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::Lists="$lists/of-bundle" -o APT::Sandbox::User=root "$@"
}

install_from_network() {
  quiet_apt update
  quiet_apt --fix-broken install "$@"
}

# A package that asks questions would wait for a keyboard for ever; an update that Debian has begun
# by itself is waited for.
quiet_apt() {
  DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet --yes --no-install-recommends \
    -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# Packages that a loss of power left half installed; apt would refuse to go on.
finish_packages() {
  DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a ||
    note "some packages are not complete: they are installed anew"
}

install_packages() {
  [ -z "$(dpkg --audit 2>/dev/null)" ] || run finish_packages
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
