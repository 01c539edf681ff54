"""The commands of `./dev`."""

import argparse
import os
import signal
import sys
from pathlib import Path

from tools.dev.bench import run_bench
from tools.dev.console import DevError, Terminated, say
from tools.dev.demo import run_demo
from tools.dev.documents import make_documents
from tools.dev.linting import run_lint
from tools.dev.testing import run_tests

_DESCRIPTION = """\
Everything a developer does in this folder. What a command needs is fetched first, into .dev and
.venv; a second run finds it there.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./dev",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo", help="simulated cabinet, engine and panel on http://127.0.0.1:8080"
    )
    demo.add_argument("--keep", action="store_true", help="go on with the last demo's history")
    demo.add_argument(
        "--script",
        type=Path,
        metavar="FILE",
        help="what the simulated cabinet shall do, see `bacs simulate --help`",
    )
    test = commands.add_parser(
        "test",
        usage="./dev test [--soak] [PATH below tests/ …] [pytest's own options …]",
        help="every test, or those of the given paths",
        allow_abbrev=False,
    )
    test.add_argument("--soak", action="store_true", help="add the tests that run for long")
    commands.add_parser("lint", help="format, lint, types, layers, locks, shell scripts")
    bench = commands.add_parser(
        "bench", help="one benchmark, as one JSON object on standard output"
    )
    bench.add_argument("name", metavar="NAME")
    bench.add_argument("--soak", action="store_true", help="measure what takes long for longer")
    commands.add_parser("docs", help="make the generated documents again")
    return parser


def main() -> int:
    """Run one command; return the exit code."""
    arguments, rest = _parser().parse_known_args()
    if rest and arguments.command != "test":
        _parser().error(f"unknown arguments: {' '.join(rest)}")
    match arguments.command:
        case "demo":
            return run_demo(keep=arguments.keep, script=arguments.script)
        case "test":
            return run_tests(rest, soak=arguments.soak)
        case "lint":
            return run_lint()
        case "bench":
            return run_bench(arguments.name, soak=arguments.soak)
        case _:
            return make_documents()


def _stop(*_: object) -> None:
    raise Terminated


if __name__ == "__main__":
    # A shell starts background jobs with Ctrl+C ignored, and their children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A service manager or a closed terminal stops the children as Ctrl+C does.
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    # Tests start hundreds of programs: without kept bytecode each would compile everything anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        sys.exit(main())
    except DevError as error:
        say(f"\n{error}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("\nStopped.")
        sys.exit(130)
