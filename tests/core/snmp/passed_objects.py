"""Started by snmpd (pass_persist): answers its questions from a file of objects.

Each line of the file is `OID TYPE VALUE`. The file is read again when it was replaced, so that a
test can change what the agent says while it runs.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from pathlib import Path

Oid = tuple[int, ...]


class Objects:
    """The objects in the file, in the order of their OIDs."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp = (-1, -1)
        self._oids: list[Oid] = []
        self._answers: list[str] = []

    def look_up(self, oid: Oid, *, following: bool) -> str:
        self._read_again()
        place = bisect_right(self._oids, oid) if following else bisect_left(self._oids, oid)
        if place == len(self._oids) or not (following or self._oids[place] == oid):
            return "NONE"
        return self._answers[place]

    def _read_again(self) -> None:
        status = self._file.stat()
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        rows = sorted(
            (parsed(oid), f".{oid}\n{kind}\n{value}")
            for oid, kind, value in (
                line.split(" ", 2) for line in self._file.read_text("utf-8").splitlines()
            )
        )
        self._oids = [oid for oid, _ in rows]
        self._answers = [answer for _, answer in rows]


def parsed(oid: str) -> Oid:
    return tuple(int(part) for part in oid.strip().strip(".").split("."))


def main() -> None:
    objects = Objects(Path(sys.argv[1]))
    while command := sys.stdin.readline().strip():
        if command == "PING":
            answer = "PONG"
        elif command in {"get", "getnext"}:
            answer = objects.look_up(parsed(sys.stdin.readline()), following=command == "getnext")
        else:
            # A `set` has two more lines; whoever tries one must find out that it does not work.
            sys.stdin.readline()
            sys.stdin.readline()
            answer = "not-writable"
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
