"""`bacs user` and `bacs token`: people and tokens, also while the engine runs.

Secrets are asked for at a prompt, or read as one line from standard input; never from the command
line, where other users of the computer could see them. Errors of `BacsError` are for the caller.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from bacs_core.access import tokens, users
from bacs_core.access.passwords import check_password, check_pin
from bacs_core.access.tokens import TOKEN_ROLES
from bacs_core.access.users import Change
from bacs_core.errors import RefusedError
from bacs_core.history.database import (
    DEFAULT_STATE_DIR,
    naming_errors,
    open_database,
)
from bacs_core.history.errors import HistoryError
from bacs_core.history.people_copy import keep_people, people_of
from bacs_core.model import Role

Act = Callable[[argparse.Namespace, Database, Change], None]


def add_user_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with people; `run` carries it out."""
    common, named = _shared()
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", parents=[named], help="add a person; asks for a password")
    add.add_argument(
        "--role", required=True, choices=[*map(str, Role)], help="what the person may do"
    )
    add.add_argument(
        "--must-change", action="store_true", help="the password must be changed before use"
    )
    add.set_defaults(act=_add_user)
    actions.add_parser("list", parents=[common], help="list them").set_defaults(act=_list_users)
    actions.add_parser("remove", parents=[named], help="remove a person").set_defaults(
        act=_remove_user
    )
    pin = actions.add_parser("set-pin", parents=[named], help="set the PIN for the cabinet")
    pin.add_argument("--none", action="store_true", help="take the PIN away")
    pin.set_defaults(act=_set_pin)
    actions.add_parser("set-password", parents=[named], help="set a new password").set_defaults(
        act=_set_password
    )


def add_token_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with tokens; `run` carries it out."""
    common, named = _shared()
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", parents=[named], help="make a token and print it, once")
    add.add_argument(
        "--role", required=True, choices=[*map(str, TOKEN_ROLES)], help="what it may do"
    )
    add.set_defaults(act=_add_token)
    actions.add_parser("list", parents=[common], help="list them").set_defaults(act=_list_tokens)
    actions.add_parser("revoke", parents=[named], help="end a token").set_defaults(
        act=_revoke_token
    )


def _shared() -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """Return what all actions share, and those that are about one name."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE_DIR,
        metavar="DIR",
        help="state directory of the engine (default: %(default)s)",
    )
    named = argparse.ArgumentParser(add_help=False, parents=[common])
    named.add_argument("name", metavar="NAME")
    return common, named


def run(args: argparse.Namespace) -> int:
    """Carry out one action; raises `BacsError` where it is refused or fails."""
    act: Act = args.act
    change = Change(by=f"command line ({getpass.getuser()})", at=datetime.now(UTC))
    with (
        closing(open_database(args.state)) as database,
        naming_errors(f"cannot change {args.state}"),
    ):
        act(args, database, change)
        # Where this fails a running engine makes up for it.
        with contextlib.suppress(HistoryError):
            keep_people(args.state, people_of(database))
    return 0


def _add_user(args: argparse.Namespace, database: Database, change: Change) -> None:
    name = users.checked_name(args.name)
    users.require_free_name(database, name)
    password = _ask("Password", check_password)
    users.add_user(database, change, name, Role(args.role), password, must_change=args.must_change)
    _say(f"{name} may sign in as {args.role} ({args.state})")


def _list_users(_: argparse.Namespace, database: Database, __: Change) -> None:
    for user in users.list_users(database):
        pin = "PIN" if user.pin_hash else ""
        must_change = "must change" if user.must_change else ""
        _say(f"{user.name:<32}  {user.role:<14}  {pin:<3}  {must_change}".rstrip())


def _remove_user(args: argparse.Namespace, database: Database, change: Change) -> None:
    users.remove_user(database, change, args.name)
    _say(f"{args.name} is removed; open sessions end within seconds")


def _set_pin(args: argparse.Namespace, database: Database, change: Change) -> None:
    users.require_user(database, args.name)
    pin = None if args.none else _ask("PIN", check_pin)
    users.set_pin(database, change, args.name, pin)
    _say(f"{args.name} has no PIN any more" if pin is None else f"the PIN of {args.name} is set")


def _set_password(args: argparse.Namespace, database: Database, change: Change) -> None:
    users.require_user(database, args.name)
    users.set_password(database, change, args.name, _ask("Password", check_password))
    _say(f"the password of {args.name} is set; open sessions end within seconds")


def _add_token(args: argparse.Namespace, database: Database, change: Change) -> None:
    _say(tokens.add_token(database, change, args.name, Role(args.role)))


def _list_tokens(_: argparse.Namespace, database: Database, __: Change) -> None:
    for token in tokens.list_tokens(database):
        state = "revoked" if token.revoked_at else "in force"
        used = f"used {token.last_used_at:%Y-%m-%d}" if token.last_used_at else "never used"
        made = f"made {token.created_at:%Y-%m-%d} by {token.created_by}"
        _say(f"{token.name:<32}  {token.role:<10}  {state}, {made}, {used}")


def _revoke_token(args: argparse.Namespace, database: Database, change: Change) -> None:
    tokens.revoke_token(database, change, args.name)
    _say(f"the token {args.name} is revoked; the engine follows within seconds")


def _ask(what: str, check: Callable[[str], None]) -> str:
    if not sys.stdin.isatty():
        secret = sys.stdin.readline().rstrip("\r\n")
        check(secret)
        return secret
    secret = getpass.getpass(f"{what}: ")
    check(secret)
    if getpass.getpass(f"{what} again: ") != secret:
        raise RefusedError("the two entries differ", code="entries_differ")
    return secret


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
