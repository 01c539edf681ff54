"""English texts about a stick that is plugged in."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "stick_copy": "Copy now",
    "stick_found": "The stick {label} was plugged in.",
    "stick_held": "The stick {label} is plugged in. Nothing is copied before somebody asks for it.",
    "stick_checking": "The stick {label} is being checked. Do not remove it.",
    "stick_writing": "Copying to the stick {label}: {percent} %. Do not remove it.",
    "stick_flushing": "Reading back from the stick {label}: {percent} %. Do not remove it yet.",
    "stick_done": "You may remove the stick {label}. {files} files ({size}) are on it.",
    "stick_done_coarse": "You may remove the stick {label}. {files} files ({size}) are on it. It "
    "was too small for every sample: it has one of each {step}.",
    "stick_problem_full": "The stick {label} is full. Remove it, make room on it or take a larger "
    "one, and plug it in again.",
    "stick_problem_not_enough_space": "The stick {label} has too little space: {needed} are "
    "needed, {free} are free. Remove it and take a larger one.",
    "stick_problem_file_too_large": "The stick {label} cannot hold files of this size. Remove it "
    "and take one with the file system exFAT.",
    "stick_problem_read_only": "The stick {label} is write-protected. Remove it, push its switch "
    "or take another one, and plug it in again.",
    "stick_problem_broken": "The stick {label} cannot be read or written, it seems to be broken. "
    "Remove it and take another one.",
    "stick_problem_differs": "The stick {label} did not keep what was written to it. Remove it "
    "and do not use it any more.",
    "stick_problem_name_taken": "The stick {label} holds a file named BACS, where our folder of "
    "that name belongs. Remove it, rename that file on a computer, and plug it in again.",
    "stick_problem_unknown_file_system": "The file system of the stick {label} is not known here. "
    "Remove it and take one with exFAT or FAT32.",
    "stick_problem_silent": "The stick {label} does not answer. Pull it out and take another one.",
    "stick_problem_pulled": "The stick {label} was pulled out too early, its copy is not "
    "complete. Plug it in again.",
    "stick_problem_history": "The history cannot be read just now. You may remove the stick "
    "{label}; try again later.",
    "stick_problem_failed": "The copy to the stick {label} failed. You may remove it; plug it in "
    "again.",
    "stick_waits": "Another stick waits: it is written once this one is removed.",
    "sticks_wait": "{count} more sticks wait: each is written once the one before is removed.",
    "done_export_to_stick": "The copy begins.",
    "refused_no_stick": "Refused: no stick is plugged in.",
    "refused_stick_busy": "Refused: the stick is being written already.",
    "event_stick": "USB stick",
}
