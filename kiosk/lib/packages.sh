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
  mkdir -p "$lists/of-bundle/partial" "$lists/debs"
  # Links, because apt takes no address with a space, and sticks have such names; to the files that
  # have been checked only, because apt would rather read another index that somebody lays beside.
  folder=$(readlink -f "$bundle")
  sed -n 's,^[0-9a-f]\{64\}  \./debs/\([^/]*\)$,\1,p' "$bundle/SHA256SUMS" |
    while read -r file; do ln -s "$folder/debs/$file" "$lists/debs/$file"; done
  echo "deb [trusted=yes] file:$lists/debs ./" >"$lists/bundle.list"
  bundled_apt update -o APT::Status-Fd=-1 && bundled_apt --fix-broken install "$@" && all_well=yes || all_well=no
  rm -rf "$lists"
  [ "$all_well" = yes ] || fail "the packages of the bundle could not be installed, see above"
}

bundled_apt() {
  quiet_apt -o Dir::Etc::sourcelist="$lists/bundle.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::Lists="$lists/of-bundle" -o APT::Sandbox::User=root "$@"
}

install_from_network() {
  quiet_apt update -o APT::Status-Fd=-1 || fail "Debian's lists of packages could not be had, see above"
  quiet_apt --fix-broken install "$@" || fail "the packages could not be had or installed, see above"
}

# A package that asks questions would wait for a keyboard for ever; an update that Debian has begun
# by itself is waited for.
quiet_apt() {
  said=$(mktemp)
  {
    DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet --yes --no-install-recommends \
      -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
      -o Dpkg::Use-Pty=0 -o APT::Status-Fd=3 "$@" 3>&1 >"$said" 2>&1 || echo failed
  } | tell_progress && done_well=yes || done_well=no
  [ "$done_well" = yes ] || tail -n 30 "$said" >&2
  rm -f "$said"
  [ "$done_well" = yes ]
}

# Reads what apt tells programs (dlstatus:…:12.5:…, pmstatus:…:12.5:…) and says each tenth of it;
# false where it has failed.
tell_progress() {
  kind='' next=10 well=true
  while IFS=: read -r newest _ percent _; do
    case $newest in
      dlstatus) what=fetched ;;
      pmstatus) what=installed ;;
      failed) well=false what='' ;;
      *) what='' ;;
    esac
    percent=${percent%%.*}
    case $what,$percent in ,* | *, | *,*[!0-9]*) continue ;; esac
    [ "$newest" = "$kind" ] || next=10
    kind=$newest
    [ "$percent" -ge "$next" ] || continue
    next=$((percent - percent % 10 + 10))
    note "$percent % $what"
  done
  $well
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
