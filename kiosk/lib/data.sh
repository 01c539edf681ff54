# shellcheck shell=sh
# One partition for everything that lasts: history, settings and people of the engine, and what the
# panel remembers. It is mounted once, and each folder bound to where it is expected.

data=/var/lib/bacs-data
mark='# bacs-panel'
# A medium that has died must not keep the engine from protecting batteries, nor ask for a keyboard.
may_fail=nofail,x-systemd.device-timeout=30s,x-systemd.before=bacs-engine.service,x-systemd.before=bacs-hmi.service

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
  [ "$dry_run" = yes ] || check_space_for_data
}

# What is kept on the root so far has to fit, before anything is changed.
check_space_for_data() {
  [ "$kind" = ext4 ] || return 0
  mounted=$(findmnt --noheadings --first-only --output TARGET --source "$data_partition" || true)
  looked_at=${mounted:-$(mktemp -d)}
  [ -n "$mounted" ] || mount -o ro "$data_partition" "$looked_at" ||
    fail "$data_partition cannot be mounted, see above; fsck.ext4 $data_partition may mend it"
  there=$(df --output=avail -k "$looked_at" | tail -n 1 | tr -d ' ')
  needed=0
  for name in bacs bacs-hmi; do
    if [ -d "/var/lib/$name" ] && [ ! -e "$looked_at/$name" ]; then
      needed=$((needed + $(du -sk "/var/lib/$name" | cut -f 1)))
    fi
  done
  if [ -z "$mounted" ]; then
    umount "$looked_at"
    rmdir "$looked_at"
  fi
  [ "$there" -ge "$needed" ] ||
    fail "$data_partition has $((there / 1024)) MB free; what is kept so far needs $((needed / 1024 + 1)) MB"
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
    mountpoint -q "/var/lib/$name" || move_data "$name"
  done
  without_marked_lines /etc/fstab
  cat >>/etc/fstab <<LINES
UUID=$uuid $data ext4 noatime,nodev,nosuid,noexec,commit=30,errors=remount-ro,$may_fail 0 2 $mark
$data/bacs /var/lib/bacs none bind,x-systemd.requires=$data,$may_fail 0 0 $mark
$data/bacs-hmi /var/lib/bacs-hmi none bind,x-systemd.requires=$data,$may_fail 0 0 $mark
LINES
  [ "$is_running" = no ] || systemctl daemon-reload
  for name in bacs bacs-hmi; do
    mountpoint -q "/var/lib/$name" || mount --bind "$data/$name" "/var/lib/$name"
  done
}

# What was kept on the root so far moves along, unless the partition has it already: whole or not at
# all, and not while somebody writes into it.
move_data() {
  if [ "$is_running" = yes ]; then
    systemctl stop bacs-kiosk.service bacs-hmi.service bacs-engine.service 2>/dev/null || true
    changed=yes
  fi
  mkdir -p "/var/lib/$1"
  if [ ! -e "$data/$1" ]; then
    rm -rf "$data/$1.new"
    cp -a "/var/lib/$1" "$data/$1.new" ||
      fail "what is kept so far cannot be copied to $data_partition, see above; it stays where it is"
    sync --file-system "$data/$1.new"
    mv "$data/$1.new" "$data/$1"
  fi
  # On a partition of an older system other numbers may stand for the same users.
  chown -R --from="$(stat -c %u:%g "$data/$1")" "$1:$1" "$data/$1"
}

without_marked_lines() {
  [ -e "$1" ] || return 0
  grep -v "$mark\$" "$1" >"$1.new" || true
  chmod --reference="$1" "$1.new"
  mv -f "$1.new" "$1"
}
