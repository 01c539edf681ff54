# shellcheck shell=sh
# Units, users, boot picture: what the system does with the files.

units='bacs-firewall.service bacs-firewall.path bacs-engine.service bacs-hmi.service
  bacs-kiosk.service bacs-annunciator.service'
# What would let somebody in, or suspend the panel.
masked='ctrl-alt-del.target sleep.target suspend.target hibernate.target hybrid-sleep.target'
units_before=/opt/bacs/units-before

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
  try systemctl disable nftables.service
}

set_ssh_from() {
  printf '# Networks from which service may come by SSH; empty: none.\nSSH_FROM="%s"\n' "$1" \
    >/etc/bacs/firewall.conf.new
  mv -f /etc/bacs/firewall.conf.new /etc/bacs/firewall.conf
}

install_boot_picture() {
  if [ "$boot_picture" = no ]; then
    note "not asked for"
    return
  fi
  if ! command -v plymouth-set-default-theme >/dev/null; then
    note "plymouth is not installed: the screen stays dark until the waiting page"
    return
  fi
  if [ "$(plymouth-set-default-theme 2>/dev/null)" = bacs ] && [ -e /opt/bacs/boot-picture ]; then
    note "is set already"
    return
  fi
  [ -e /opt/bacs/boot-picture ] || [ "$dry_run" = yes ] ||
    plymouth-set-default-theme >/opt/bacs/boot-picture 2>/dev/null || true
  try plymouth-set-default-theme bacs
  quiet='quiet splash loglevel=3 vt.global_cursor_default=0 logo.nologo'
  if [ -d /etc/default/grub.d ] || [ -e /etc/default/grub ]; then
    run write_grub_settings "$quiet"
    try update-grub
  fi
  for line in /boot/firmware/cmdline.txt /boot/cmdline.txt; do
    if [ -e "$line" ] && ! grep -q splash "$line"; then
      run sed -i "1s/\$/ $quiet/" "$line"
      break
    fi
  done
  try update-initramfs -u
}

write_grub_settings() {
  mkdir -p /etc/default/grub.d
  cat >/etc/default/grub.d/50-bacs.cfg <<SETTINGS
# Made by the installer of BACS Panel.
GRUB_CMDLINE_LINUX_DEFAULT="\$GRUB_CMDLINE_LINUX_DEFAULT $1"
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
  run systemctl --quiet disable getty@tty1.service
  run systemctl --quiet set-default multi-user.target
  try systemctl --quiet enable systemd-timesyncd.service
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
  for unit in bacs-engine bacs-hmi bacs-annunciator bacs-kiosk; do
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
