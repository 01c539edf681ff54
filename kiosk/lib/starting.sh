# shellcheck shell=sh
# Units, users, boot picture: what the system does with the files.

units='bacs-firewall.service bacs-firewall.path bacs-engine.service bacs-hmi.service
  bacs-kiosk.service bacs-annunciator.service'
# What would let somebody in, or suspend the panel.
masked='ctrl-alt-del.target sleep.target suspend.target hibernate.target hybrid-sleep.target'
units_before=/opt/bacs/units-before
# Stands where the computer had rules of its own.
picture_before=/opt/bacs/boot-picture
added_words=/opt/bacs/boot-words
grub_cfg=/etc/default/grub.d/50-bacs.cfg
other_rules=/opt/bacs/nftables-was-enabled
# Nobody is there to answer when a file system has to be mended.
mends='fsck.repair=yes'
quiet='quiet splash loglevel=3 vt.global_cursor_default=0 logo.nologo'

install_users() {
  run systemd-sysusers /etc/sysusers.d/bacs.conf
  run systemd-tmpfiles --create /etc/tmpfiles.d/bacs.conf
  [ "$dry_run" = yes ] || protect_settings
}

install_firewall() {
  if [ -n "$ssh_from" ]; then
    run set_ssh_from "$ssh_from"
  fi
  # The computer's own rules would be a second opinion on the same packets.
  if [ "$dry_run" = no ] && systemctl --quiet is-enabled nftables.service 2>/dev/null; then
    : >"$other_rules"
  fi
  try systemctl disable nftables.service
}

set_ssh_from() {
  printf '# Networks from which service may come by SSH; empty: none.\nSSH_FROM="%s"\n' "$1" \
    >/etc/bacs/firewall.conf.new
  mv -f /etc/bacs/firewall.conf.new /etc/bacs/firewall.conf
}

install_boot() {
  words=$mends
  if [ "$boot_picture" = no ]; then
    note "the boot picture is not asked for"
  elif [ "$dry_run" = no ] && ! command -v plymouth-set-default-theme >/dev/null; then
    note "plymouth is not installed: the screen stays dark until the waiting page"
  else
    words="$mends $quiet"
    set_boot_picture
  fi
  if [ -d /etc/default/grub.d ] || [ -e /etc/default/grub ]; then
    if ! grub_settings | cmp -s - "$grub_cfg"; then
      run write_grub_settings
      try update-grub
    fi
  fi
  for line in /boot/firmware/cmdline.txt /boot/cmdline.txt; do
    [ -f "$line" ] && [ ! -L "$line" ] || continue
    for word in $words; do
      grep -qw -- "$word" "$line" || run add_boot_word "$word" "$line"
    done
    break
  done
}

add_boot_word() {
  printf '%s\n' "$1" >>"$added_words"
  sed -i "1s/\$/ $1/" "$2"
}

set_boot_picture() {
  if [ "$(plymouth-set-default-theme 2>/dev/null)" = bacs ] && [ -e "$picture_before" ]; then
    note "the boot picture is set already"
    return
  fi
  [ -e "$picture_before" ] || [ "$dry_run" = yes ] ||
    plymouth-set-default-theme >"$picture_before" 2>/dev/null || true
  try plymouth-set-default-theme bacs
  try update-initramfs -u
}

write_grub_settings() {
  mkdir -p "${grub_cfg%/*}"
  grub_settings >"$grub_cfg.new"
  mv -f "$grub_cfg.new" "$grub_cfg"
}

grub_settings() {
  cat <<SETTINGS
# Made by the installer of BACS Panel.
GRUB_CMDLINE_LINUX_DEFAULT="\$GRUB_CMDLINE_LINUX_DEFAULT $words"
GRUB_TIMEOUT=1
GRUB_RECORDFAIL_TIMEOUT=1
SETTINGS
}

install_units() {
  [ "$dry_run" = yes ] || [ -e "$units_before" ] || systemctl get-default >"$units_before" 2>/dev/null || true
  # shellcheck disable=SC2086 # several units
  run systemctl --quiet enable $units
  # shellcheck disable=SC2086 # several units
  run systemctl --quiet mask $masked
  # Its condition keeps it away from the screen.
  run systemctl --quiet enable getty@tty1.service
  run systemctl --quiet set-default multi-user.target
  try systemctl --quiet enable systemd-timesyncd.service
}

# The panel takes the first console, and whoever works there would be thrown out in the middle.
somebody_is_at_the_screen() {
  login=$(systemctl show --value --property MainPID getty@tty1.service 2>/dev/null || true)
  [ "$(cat "/proc/${login:-0}/comm" 2>/dev/null || true)" = login ]
}

# In an order that leaves the engine alone where nothing of it has changed.
start_all() {
  if [ "$is_running" = no ]; then
    note "this is no running system: everything starts with its next start"
    return
  fi
  run systemctl daemon-reload
  try udevadm control --reload
  try udevadm trigger --subsystem-match=tty --subsystem-match=input --subsystem-match=backlight --action=add
  try sysctl --quiet --load=/etc/sysctl.d/50-bacs.conf
  try systemctl restart systemd-journald.service
  try systemctl restart systemd-timesyncd.service
  run systemctl restart bacs-firewall.service bacs-firewall.path
  started='bacs-engine bacs-hmi bacs-annunciator bacs-kiosk'
  if somebody_is_at_the_screen; then
    note "you are logged in at the screen of the panel: it begins with the next start of the computer"
    started=${started% bacs-kiosk}
  else
    run systemctl stop getty@tty1.service
  fi
  for unit in $started; do
    if [ "$changed" = yes ]; then
      run systemctl --no-block restart "$unit.service"
    else
      run systemctl --no-block start "$unit.service"
    fi
  done
}

# What the person came for: does it run?
look_after_all() {
  [ "$is_running" = yes ] && [ "$dry_run" = no ] || return 0
  left=60
  for unit in bacs-engine bacs-hmi; do
    while [ "$left" -gt 0 ] && ! systemctl --quiet is-active "$unit.service"; do
      sleep 1
      left=$((left - 1))
    done
    if systemctl --quiet is-active "$unit.service"; then
      note "$unit runs"
    else
      note "$unit does not run yet: systemctl status $unit"
    fi
  done
}
