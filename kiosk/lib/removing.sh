# shellcheck shell=sh
# Takes everything back; what was measured stays, unless it is to go as well.

overlay_conf=/etc/overlayroot.local.conf

uninstall() {
  step "stopping"
  # The kiosk first: nobody has to look at an error.
  for unit in bacs-kiosk.service bacs-annunciator.service bacs-hmi.service bacs-engine.service \
    bacs-firewall.path bacs-firewall.service; do
    [ "$is_running" = no ] || try systemctl stop "$unit"
  done

  step "units"
  # shellcheck disable=SC2086 # several units
  try systemctl --quiet disable $units
  # shellcheck disable=SC2086 # several units
  try systemctl --quiet unmask $masked
  try systemctl --quiet enable getty@tty1.service
  if [ -s "$units_before" ]; then
    run systemctl --quiet set-default "$(cat "$units_before")"
  fi
  [ "$is_running" = no ] || try nft delete table inet bacs
  if [ -e "$other_rules" ]; then
    try systemctl --quiet enable nftables.service
    [ "$is_running" = no ] || try systemctl start nftables.service
  fi

  step "start of the computer"
  picture_was_set=no
  if [ -e "$picture_before" ]; then
    picture_was_set=yes
    before=$(cat "$picture_before")
    [ -z "$before" ] || try plymouth-set-default-theme "$before"
  fi
  if [ -e "$grub_cfg" ]; then
    run rm -f "$grub_cfg"
    try update-grub
  fi
  if [ -e "$added_words" ]; then
    while read -r word; do
      for line in /boot/firmware/cmdline.txt /boot/cmdline.txt; do
        [ ! -f "$line" ] || run sed -i "1s/ $word\( \|\$\)/\1/" "$line"
      done
    done <"$added_words"
  fi
  # Otherwise the next start would make the root read-only, and nothing could undo it.
  if grep -qs 'Made by bacs-read-only' "$overlay_conf"; then run rm -f "$overlay_conf"; fi

  step "files"
  if [ -e "$record" ]; then
    while read -r file; do
      run rm -f "$file" "$file.new"
    done <"$record"
  fi
  run rm -f /etc/udev/rules.d/61-bacs-calibration.rules
  run rm -rf /opt/bacs
  for file in $(files_below system); do
    remove_empty "$(dirname "$file")"
  done
  if [ "$picture_was_set" = yes ]; then
    try update-initramfs -u
  fi

  step "data"
  if [ "$purge" = yes ]; then
    purge_data
  else
    note "kept: /var/lib/bacs (history, people), /etc/bacs (settings), users; --purge removes them"
  fi
  if [ "$is_running" = yes ]; then
    try systemctl daemon-reload
    try udevadm control --reload
  fi
}

# A folder goes when nothing is left in it; those of the system are never empty.
remove_empty() {
  folder=$1
  while [ "$folder" != / ] && [ -d "$folder" ] && [ -z "$(ls -A "$folder")" ]; do
    run rmdir "$folder"
    [ "$dry_run" = no ] || return 0
    folder=$(dirname "$folder")
  done
}

purge_data() {
  for name in bacs bacs-hmi; do
    if mountpoint -q "/var/lib/$name"; then
      run umount "/var/lib/$name"
    fi
    run rm -rf "/var/lib/$name" "/var/cache/$name"
  done
  if mountpoint -q "$data"; then
    note "the data partition itself is not touched"
    run umount "$data"
  fi
  run rm -rf /var/lib/bacs-kiosk
  run rm -rf /etc/bacs
  [ ! -d "$data" ] || run rmdir "$data"
  [ "$dry_run" = yes ] || without_marked_lines /etc/fstab
  for user in bacs bacs-hmi bacs-kiosk bacs-annunciator; do
    if getent passwd "$user" >/dev/null; then
      try userdel "$user"
    fi
  done
  if getent group bacs-panel >/dev/null; then
    try groupdel bacs-panel
  fi
}
