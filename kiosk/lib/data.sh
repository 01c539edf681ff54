# shellcheck shell=sh
# One partition for everything that lasts: history, settings and people of the engine, and what the
# panel remembers. It is mounted once, and each folder bound to where it is expected.

data=/var/lib/bacs-data
mark='# bacs-panel'

check_data_partition() {
  [ -n "$data_partition" ] || return 0
  [ -b "$data_partition" ] || fail "$data_partition is no partition"
  kind=$(blkid --probe --match-tag TYPE --output value "$data_partition" || true)
  case $kind in
    ext4) ;;
    '')
      [ "$format" = yes ] || fail "$data_partition is empty; say --format to make a file system on it"
      ;;
    *) fail "$data_partition holds $kind; only an empty partition is ever formatted" ;;
  esac
}

install_data_partition() {
  if [ -z "$data_partition" ]; then
    note "none asked for: what lasts lies on the root"
    return
  fi
  run use_data_partition
}

use_data_partition() {
  if [ -z "$(blkid --probe --match-tag TYPE --output value "$data_partition" || true)" ]; then
    mkfs.ext4 -q -L BACSDATA "$data_partition"
  fi
  uuid=$(blkid --probe --match-tag UUID --output value "$data_partition")
  mkdir -p "$data"
  mountpoint -q "$data" || mount -o noatime "$data_partition" "$data"
  for name in bacs bacs-hmi; do
    mkdir -p "$data/$name" "/var/lib/$name"
    chown --reference="/var/lib/$name" "$data/$name"
    chmod --reference="/var/lib/$name" "$data/$name"
    # What was kept on the root so far moves along, unless the partition has it already.
    if ! mountpoint -q "/var/lib/$name" && [ -z "$(ls -A "$data/$name")" ]; then
      cp -a "/var/lib/$name/." "$data/$name/"
    fi
  done
  without_marked_lines /etc/fstab
  cat >>/etc/fstab <<LINES
UUID=$uuid $data ext4 noatime,nodev,nosuid,noexec,commit=30,errors=remount-ro 0 2 $mark
$data/bacs /var/lib/bacs none bind,x-systemd.requires-mounts-for=$data 0 0 $mark
$data/bacs-hmi /var/lib/bacs-hmi none bind,x-systemd.requires-mounts-for=$data 0 0 $mark
LINES
  [ "$is_running" = no ] || systemctl daemon-reload
  for name in bacs bacs-hmi; do
    mountpoint -q "/var/lib/$name" || mount --bind "$data/$name" "/var/lib/$name"
  done
}

without_marked_lines() {
  [ -e "$1" ] || return 0
  grep -v "$mark\$" "$1" >"$1.new" || true
  chmod --reference="$1" "$1.new"
  mv -f "$1.new" "$1"
}
