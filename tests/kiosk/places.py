"""Where the kiosk's files are."""

from tests.processes import ROOT

KIOSK = ROOT / "kiosk"
#: What is installed at the same place of the panel computer.
SYSTEM = KIOSK / "system"
UNITS = SYSTEM / "etc" / "systemd" / "system"
SESSION = SYSTEM / "opt" / "bacs" / "kiosk" / "session"
FIREWALL = SYSTEM / "opt" / "bacs" / "kiosk" / "firewall"
WAITING_PAGE = SYSTEM / "opt" / "bacs" / "kiosk" / "waiting.html"
POLICIES = SYSTEM / "etc" / "chromium" / "policies" / "managed" / "bacs.json"
SCREEN = SYSTEM / "usr" / "local" / "sbin" / "bacs-screen"
READ_ONLY = SYSTEM / "usr" / "local" / "sbin" / "bacs-read-only"
