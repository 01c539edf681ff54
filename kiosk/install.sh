#!/bin/sh
# Turns a small computer with Debian 12 or 13 or Raspberry Pi OS into the panel, or back.
set -eu
# Not what whoever is here has chosen: su leaves out the folders of root's programs, and a strict
# umask would keep the services from their own files.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
umask 022
here=$(dirname "$(readlink -f "$0")")
program=${0##*/}

usage() {
  cat <<'TEXT'
Usage: sh install.sh [OPTION …]

Installs engine, panel and kiosk from the folder (the bundle) in which this script lies. No network is
needed where the bundle has the Debian packages too. May be run again at any time: it updates, and
changes nothing that is right already.

  --dry-run                 say what would be done, change nothing
  --bundle DIR              where bundle.sh has put its files, if not beside this script
  --ssh-from NETWORKS       let service in by SSH from these networks, e.g. "192.168.10.0/24"
  --no-ssh                  I am here by SSH and know that the firewall will end this way
  --data-partition DEVICE   keep what lasts on this partition; only an empty one is ever formatted ...
  --format                  ... and only with this option
  --read-only-root          make the root read-only from the next start on (needs a data partition)
  --no-boot-picture         leave the start of the computer as it looks
  --uninstall               take everything back; history, people and settings are kept
  --purge                   with --uninstall: remove those too
TEXT
}

dry_run=no uninstall=no purge=no bundle=$here ssh_from='' no_ssh=no data_partition='' format=no
read_only_root=no boot_picture=yes

for part in saying checking packages files python data starting removing; do
  # shellcheck source=/dev/null
  . "$here/lib/$part.sh"
done

value_of() {
  [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value; see --help"
  printf '%s' "$2"
}

while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry_run=yes ;;
    --uninstall) uninstall=yes ;;
    --purge) purge=yes ;;
    --no-ssh) no_ssh=yes ;;
    --format) format=yes ;;
    --read-only-root) read_only_root=yes ;;
    --no-boot-picture) boot_picture=no ;;
    --bundle | --ssh-from | --data-partition)
      value=$(value_of "$@")
      case $1 in
        --bundle) bundle=$value ;;
        --ssh-from) ssh_from=$value ;;
        *) data_partition=$value ;;
      esac
      shift
      ;;
    -h | --help)
      usage
      exit
      ;;
    *) fail "unknown option $1; see --help" ;;
  esac
  shift
done
# shellcheck disable=SC2086 # several networks; what it is made of is checked
set -f -- $ssh_from
set +f
for network in "$@"; do
  printf '%s\n' "$network" | grep -Eq '^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$' ||
    fail "$network is no network; write it as 192.168.10.0/24 or fd00::/8"
done
if [ "$purge" = yes ] && [ "$uninstall" = no ]; then fail "--purge belongs to --uninstall"; fi

look_around

if [ "$uninstall" = yes ]; then
  steps=5
  [ "$dry_run" = yes ] || [ "$(id -u)" = 0 ] || fail "only root may uninstall: sudo sh install.sh --uninstall"
  uninstall
  echo "The kiosk is uninstalled."
  exit
fi

steps=12
step "looking at this computer"
check_system
step "looking at the bundle"
check_bundle
check_space
check_way_back
check_data_partition
broke_off=no
[ "$dry_run" = yes ] || begin_changes
step "Debian packages"
install_packages
step "files"
install_files
step "users"
install_users
step "engine and panel"
changed=yes
[ "$(readlink /opt/bacs/current 2>/dev/null || true)" != "$releases/$release" ] ||
  [ "$written" != 0 ] || [ "$broke_off" = yes ] || changed=no
install_release
step "data partition"
install_data_partition
step "firewall"
install_firewall
step "start of the computer"
install_boot
step "units"
install_units
step "read-only root"
if [ "$read_only_root" = yes ]; then
  run /usr/local/sbin/bacs-read-only on
else
  note "not asked for"
fi
step "starting"
start_all
look_after_all

if [ "$dry_run" = yes ]; then
  echo "Nothing was changed."
else
  end_changes
  echo "The panel is installed. Put the site file at /etc/bacs/site.toml and restart the computer."
fi
