# shellcheck shell=sh
# What has to be true before anything is changed.

# Sets os_id, os_version, architecture, python_version, is_running.
look_around() {
  # shellcheck source=/dev/null
  os_id=$(. /etc/os-release && printf '%s' "${ID:-}")
  # shellcheck source=/dev/null
  os_version=$(. /etc/os-release && printf '%s' "${VERSION_ID:-}")
  architecture=$(uname -m)
  python_version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)
  is_running=no
  # Absent in an image that is being built: then nothing can be started yet.
  [ ! -d /run/systemd/system ] || is_running=yes
}

check_system() {
  case $os_id in
    debian | raspbian) ;;
    *) fail "this is ${os_id:-unknown}; the kiosk is made for Debian 12, 13 and Raspberry Pi OS" ;;
  esac
  case $os_version in
    12 | 13) ;;
    *) fail "this is version ${os_version:-unknown} of $os_id; the kiosk is made for 12 and 13" ;;
  esac
  case $architecture in
    x86_64 | aarch64) ;;
    *) fail "this processor is $architecture; there are wheels for x86_64 and aarch64 (64-bit)" ;;
  esac
  [ "$dry_run" = yes ] || [ "$(id -u)" = 0 ] || fail "only root may install: sudo sh install.sh"
  [ ! -d /media/root-ro ] ||
    fail "the root is read-only, so that nothing would last: bacs-read-only off, restart, then again"
  if ! command -v systemctl >/dev/null; then fail "there is no systemd on this computer"; fi
  note "$os_id $os_version, $architecture, Python ${python_version:-not installed yet}"
}

check_bundle() {
  [ -e "$bundle/BUNDLE" ] ||
    fail "there is no bundle in $bundle; make one with kiosk/bundle.sh, or name it: --bundle DIR"
  bundle_value() { sed -n "s/^$1=//p" "$bundle/BUNDLE"; }
  bundle_architecture=$(bundle_value architecture)
  bundle_python=$(bundle_value python)
  bundle_suite=$(bundle_value suite)
  release=$(bundle_value release)
  case $release in
    '' | .* | *[!A-Za-z0-9._+-]*) fail "the bundle in $bundle does not say which release it is" ;;
  esac
  [ "$bundle_architecture" = "$architecture" ] ||
    fail "the bundle is for $bundle_architecture, this computer is $architecture"
  case $os_version in
    12) wanted=3.11 ;;
    *) wanted=3.13 ;;
  esac
  python_version=${python_version:-$wanted}
  [ "$bundle_python" = "$python_version" ] ||
    fail "the bundle is for Python $bundle_python, this computer has $python_version"
  note "checking the files of release $release"
  # Nothing of a damaged stick is installed.
  (cd "$bundle" && sha256sum --check --quiet --strict SHA256SUMS) ||
    fail "the bundle is damaged: copy it to the stick again"
}

# Engine and panel need 450 MB, and the release before stays; the Debian packages need 650 MB more,
# and as much again while they come over a network.
check_space() {
  folder=/opt
  [ -d "$folder" ] || folder=/
  needed=700000
  [ -z "$(missing_packages)" ] || needed=2000000
  free=$(df --output=avail -k "$folder" | tail -n 1 | tr -d ' ')
  [ "$free" -ge "$needed" ] ||
    fail "$folder has only $((free / 1024)) MB free; $((needed / 1000)) MB are needed"
}

# The firewall lets nobody in: whoever installs over SSH would lock himself out.
comes_by_ssh() {
  [ -z "${SSH_CONNECTION:-}" ] || return 0
  parent=$$
  while [ "$parent" -gt 1 ]; do
    name=$(cat "/proc/$parent/comm" 2>/dev/null || true)
    case $name in sshd*) return 0 ;; esac
    parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$parent/status" 2>/dev/null || true)
    parent=${parent:-0}
  done
  return 1
}

check_way_back() {
  if [ -z "$ssh_from" ] && [ "$no_ssh" = no ] && comes_by_ssh && ! grep -qs '^SSH_FROM="..*"' /etc/bacs/firewall.conf; then
    fail "you are here by SSH, and the firewall will let nobody in. Say --ssh-from NETWORK to keep
this way (such as --ssh-from 192.168.10.0/24), or --no-ssh to give it up."
  fi
}
