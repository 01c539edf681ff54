"""English texts of commissioning."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "commissioning": "Commissioning",
    "about_commissioning": "Search a line, give addresses, confirm devices, site file, names",
    "begin_commissioning": "Search a line now",
    "being_read": "Being read …",
    "step_search": "Search",
    "step_addresses": "Addresses",
    "step_confirm": "Find, confirm",
    "step_proposal": "Site file",
    "step_names": "Names",
    "commissioning_sign_in": "Only a technician sees what is being commissioned. Sign in at the "
    "top, or start something: you are asked then.",
    # the job
    "commissioning_goes_on": "Signed out because nobody touched the panel. The work goes on. Sign "
    "in above to follow or end it.",
    "work_idle": "Nothing is being commissioned.",
    "work_preparing": "Bypass on the line is being switched off",
    "work_running": "Running",
    "work_done": "Done",
    "work_cancelled": "Ended early",
    "work_time_limit": "The line was lent for as long as it may be, and is given back",
    "work_failed": "Failed",
    "work_start_scan": "Search",
    "work_start_addressing": "Giving addresses",
    "work_readdress_module": "New address for a module",
    "work_set_thresholds": "Module thresholds",
    "said_waking": "waking sleeping modules",
    "said_looking": "looking who has an address already",
    "said_press_button": "press the button of the next module",
    "said_addressing": "in the order of the chain",
    "said_one_answers": "1 unit answers",
    "said_units_answer": "{count} units answer",
    "said_addressed": "{count} modules have an address",
    "said_chain_ended": "{count} of {wanted} modules have an address, no more came",
    "said_moved": "the module answers at address {unit}",
    "said_thresholds_written": "{count} modules have them",
    "said_engine_ended": "the engine ended",
    "said_ended_by": "ended by {name}",
    "said_broke": "the log of the engine says why",
    "said_address_taken": "another device answers at address {unit} already; that address was not "
    "given again",
    "said_bad_units": "modules have addresses up to {highest}, not {unit}",
    "said_no_answer": "no module answers at address {unit}",
    "said_other_serial": "the module at address {unit} has serial number {found}, not {wanted}",
    "said_several": "several devices at one address, or a bad line",
    "said_no_module": "the device at address {unit} is no module but: {device}",
    "said_not_taken": "module {serial} does not answer at its new address {unit}",
    "said_units_reversed": "the last address comes before the first",
    "said_fixed_speed": "the speed of this line is set in its serial server, not here",
    "said_mixed_generations": "modules of different generations must not share a line",
    "said_time_limit": "it took as long as a line may be lent",
    "said_several_at": "several devices at address {unit}, or a bad line",
    "said_unknown_at": "the device at address {unit} is of no kind that is known here",
    "said_modules_failed": "{failed} of {count} modules did not take the values",
    "said_module_doubted": "the module at address {unit} does not answer, or is not believed",
    "said_threshold_kept": "the module at address {unit} keeps “{threshold}” at {found}, "
    "not {wanted}",
    "said_device_refused": "a device refused",
    "said_line_failed": "on line {line} nothing usable was answered",
    "said_answer_spoilt": "an answer was not usable",
    "said_own_device": "device with our register map",
    "work_done_of": "{done} of {total}",
    "work_found": "{count} found",
    "work_remaining": "at most {time} more",
    "said_other_version": "speaks version {found} of our map, not {wanted}",
    "said_sunspec_marker": "carries the SunSpec marker; whether it has battery models was not read",
    "said_division_unknown": "its general registers fit; how its modules are divided it does not "
    "tell",
    "said_unknown": "answers, but nobody knows it here",
    "pause_begins": "Line {line}: bypass is being switched off. Protection and equalization on it "
    "pause from now on.",
    "pause_stands": "Line {line}: protection and equalization are paused, until {until} at the "
    "latest.",
    "cancel_commissioning": "End it now",
    "generation_at": "generation {generation} at {units}",
    "mixed_generations_on_line": "Modules of different generations must not share a line, because "
    "one rule cannot equalize them together: {units}. Nothing is proposed, and no address is "
    "given.",
    "generation": "generation {generation}",
    "cells_of_strings": "{cells} cells",
    # the search
    "where": "Where",
    "other_port": "Another port …",
    "port": "Port",
    "port_hint": "/dev/ttyUSB0, usb:A10LWZ3C, rtu-tcp://10.0.0.6:4001 or modbus-tcp://10.0.0.6:502",
    "no_lines": "The site has no line with addresses.",
    "which_units": "Which addresses",
    "all_units": "All, 1 to 247",
    "some_units": "From … to …",
    "first_unit": "First address",
    "last_unit": "Last address",
    "which_bauds": "Speeds to try (baud)",
    "which_parities": "Parity",
    "parity_none": "no parity",
    "parity_even": "even parity",
    "parity_odd": "odd parity",
    "speeds_hint": "With nothing chosen, the line's own speed and the usual ones are tried until "
    "somebody answers.",
    "search_what": "While a line is searched nothing on it is polled, equalized or protected. An "
    "alarm says so. After 10 minutes at the latest the line is given back.",
    "start_scan": "Search the line",
    "choose_place": "Choose a line or a port first.",
    "choose_units": "Give the first and the last address.",
    "found_count": "{count} found",
    "identify": "LED",
    "new_address": "New address",
    # addresses
    "how_addresses": "How",
    "giving_automatic": "In the order of the chain",
    "giving_manual": "By their buttons",
    "giving_one": "One module only",
    "giving_automatic_what": "New modules get addresses one after the other, in the order in which "
    "they hang in the chain.",
    "giving_manual_what": "The module whose button you press gets the next address. The panel says "
    "when to press.",
    "giving_one_what": "A module gets another address. Its serial number makes sure that it is the "
    "right one.",
    "give_automatic": "Give addresses",
    "give_manual": "Give addresses",
    "give_one": "Give the new address",
    "field_first_module": "First address",
    "field_count": "Number of modules",
    "field_unit": "Address",
    "field_serial_number": "Serial number",
    "field_new_unit": "New address",
    "which_baud": "Speed (baud)",
    "own_speed": "The line's own",
    "choose_first_and_count": "Give the first address and the number of modules.",
    "choose_fewer": "Modules have addresses up to 240: take a lower first address or fewer "
    "modules.",
    "choose_module": "Give address, serial number and new address.",
    "next_address": "Next address: {unit}",
    "press_button_now": "Press the button of the next module now.",
    # find and confirm
    "find_module": "Find a module",
    "find_module_what": "The LED of the module blinks, so that you find it in the cabinet.",
    "identify_for": "Let the LED blink for {seconds} s",
    "identify_end": "End blinking",
    "choose_line_and_unit": "Choose the line and give an address from 1 to 240.",
    "confirm_title": "Another device answers",
    "confirm_what": "The engine knows each device by its serial number. The values of another one "
    "do not count until a technician has looked and confirms it.",
    "nothing_exchanged": "Nothing waits to be confirmed: every device is the one that is known.",
    "everything_exchanged": "All {count} of them",
    "one_device": "another device",
    "cells_listed": "cells {cells}",
    "confirm": "Confirm",
    "confirm_all": "Confirm all",
    # the site file
    "put_in_title": "How this gets into the site file",
    "put_in_1": "Open the site file on this computer. Where there is none yet, make one: "
    "/etc/bacs/site.toml",
    "put_in_2": "Add the blocks below. Nothing that stands in it already is written twice.",
    "put_in_3": "Fill in the marked lines and remove their #?. No device knows them.",
    "put_in_4": "Start the engine anew. It refuses a file with a mistake, and names the line.",
    "gaps_left": "{count} lines are to be filled in",
    "proposal_unknown": "The proposal of the last search is shown to a technician. Sign in at the "
    "top.",
    "proposal_later": "The search still runs. Its proposal comes here.",
    "proposal_none": "The last work proposed nothing. Search a line first.",
    # names
    "names_title": "Names stand in the site file",
    "names_what": "They are not changed here: reports, events and copies of all years are to say "
    'the same name. To change one, write another name = "…" into the block that is named beside '
    "it, and start the engine anew.",
    "names_none": "There is no site file yet.",
    "device": "Device",
    "show": "Show",
    # what was done, and what was not
    "done_start_scan": "The search begins",
    "done_start_addressing": "Addresses are being given",
    "done_readdress_module": "The module gets its new address",
    "done_cancel_commissioning": "Ended, the line is given back",
    "done_identify": "Sent to the LED of the module",
    "done_confirm_devices": "Confirmed",
    "help_commissioning": "Here a technician puts lines and modules into service.\n"
    "Search asks a line or a port who answers, and lists every device with its serial number.\n"
    "While a line is searched or addressed, protection and equalization on it pause. The red band "
    "says until when. End it now gives the line back at once.\n"
    "Addresses gives new modules their addresses, in the order of the chain or by their buttons.\n"
    "Find, confirm lets an LED blink, and confirms devices that were exchanged.\n"
    "Site file shows what the last search proposes. Lines that begin with #? are filled in by "
    "hand.\n"
    "Modules of different generations on one line are refused.",
}
