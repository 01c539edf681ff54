"""English texts of signing in, holding, fields and what happens when nobody is there."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    # sign in
    "sign_in_why": "Sign in to acknowledge",
    "door_title": "Battery room panel",
    "door_why": "Over the network the panel is shown only to people it knows.",
    "door_password": "Password",
    "pin_elsewhere": "A PIN counts only at the cabinet. Type your password.",
    "user": "User",
    "secret": "PIN or password",
    "key_space": "Space",
    "key_erase": "Erase",
    "key_shift": "Capitals",
    "key_symbols": "Symbols",
    "key_letters": "Letters",
    "keyboard": "Keyboard",
    "key_minus": "Minus",
    "key_done": "Done",
    "role_viewer": "viewer",
    "role_operator": "operator",
    "role_technician": "technician",
    "role_administrator": "administrator",
    # buttons that are held, and fields
    "hold_longer": "Hold until the bar is full",
    "hold_again": "Press again: {what}",
    "hold_how": "Hold it for a moment",
    "hold_lost": "No connection: nothing was done",
    "field_from_to": "from {minimum} to {maximum}",
    "field_from": "from {minimum} on",
    "field_to": "up to {maximum}",
    # people, rest, trips
    "pin": "PIN",
    "who": "Who are you?",
    "somebody_else": "Name and password",
    "help": "Help",
    "password_must": "Choose a password of your own",
    "password_why": "The present one was for the first time only.",
    "password_current": "Present password",
    "password_new": "New password",
    "password_again": "New password again",
    "password_differs": "The two new passwords differ.",
    "password_save": "Save",
    "password_done": "Your password is changed",
    "rest_log_off": "Signing out in {seconds} s.",
    "rest_return": "Back to the overview in {seconds} s.",
    "rest_touch": "Touch the screen to stay.",
    "rest_wake": "Touch to wake the screen",
    "being_checked": "Being checked …",
    "trip_notice_tripped": "Breaker tripped",
    "trip_notice_failed": "The breaker does not open",
    "trip_notice_more": "{count} more strings tripped",
    "trip_cells_more": "{causes}, cell {cell} and {count} more",
    "trip_ordered": "Ordered to open since {since}",
    "trip_contact_closed": "its contact still says closed",
    "trip_contact_open": "its contact says open",
    "trip_contact_unknown": "nobody knows where it stands",
    "trip_do_open": "Open it by hand now.",
    "trip_do_open_hot": "Open it by hand now, from a safe place. If that is not possible, switch "
    "the charger off.",
    "trip_do_heat": "Do not enter alone. Let the ventilation run. Call whoever looks after this "
    "battery.",
    "trip_notice_seen": "Seen",
    "trip_notice_open": "To the string",
}
