"""Messages of version 3 with the user-based security model (RFC 3412, RFC 3414).

An answer counts only if it carries the user's digest, comes from the same agent and its present
time, and answers this very request. An unsigned report can say why there is no answer, and which
agent this is; never a value.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from bacs_core.errors import FrameError
from bacs_core.snmp import ber, pdu
from bacs_core.snmp.errors import AgentRefusedError
from bacs_core.snmp.user import Keys, User, localized

VERSION: Final = 3
#: How far an answer may be off the agent's time (RFC 3414, 2.2.3).
WINDOW_S: Final = 150

_USM: Final = 3
_AUTH, _PRIV, _REPORTABLE = 0x01, 0x02, 0x04
_LONGEST_ANSWER: Final = 65507
_SALT_BYTES: Final = 8

_STATISTICS: Final = "1.3.6.1.6.3.15.1.1"
_NOT_IN_TIME_WINDOW: Final = ber.oid(f"{_STATISTICS}.2.0")
_UNKNOWN_ENGINE: Final = ber.oid(f"{_STATISTICS}.4.0")
#: What a report says about the user, who is named behind it.
_REASONS: Final = {
    ber.oid(f"{_STATISTICS}.1.0"): "does not offer this security level (auth, priv) to user",
    ber.oid(f"{_STATISTICS}.3.0"): "does not know user",
    ber.oid(f"{_STATISTICS}.5.0"): "does not accept the authentication (auth, auth_key) of user",
    ber.oid(f"{_STATISTICS}.6.0"): "cannot decrypt with the privacy key (priv, priv_key) of user",
}


class AgentLearnedError(FrameError):
    """The answer told who or when the agent is: the same question can be asked again now."""


@dataclass(frozen=True, slots=True)
class _Message:
    """An answer as it came, nothing checked yet. `digest_at` is where its digest starts."""

    raw: bytes
    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    digest_at: int
    digest: bytes
    salt: bytes
    body: tuple[int, int]
    """Where the scoped PDU, or its encrypted form, starts and ends, header included."""


class UserSecurity:
    """Wraps and unwraps messages of one user to one agent.

    `now` is a monotonic time in seconds; `salt` is a random number of 64 bits to count on from.
    """

    def __init__(self, user: User, salt: int) -> None:
        """Know the user; the agent has to introduce itself."""
        self._user = user
        self._salt = salt
        self._engine_id = b""
        self._keys: Keys | None = None
        self._boots = 0
        self._time_s = 0
        self._heard_at = 0.0

    def wrap(self, request: bytes, message_id: int, now: float) -> bytes:
        """Make the message that carries a request; the first one only asks who is there."""
        if self._keys is None:
            # RFC 3414, section 4: an empty request of nobody makes the agent report its id.
            nothing = _scoped(b"", pdu.get(message_id, ()))
            return _message(message_id, _REPORTABLE, _parameters(), nothing)
        keys = self._keys
        time_s = min(self._agent_time_s(now), pdu.MAX_ID)
        flags = _REPORTABLE | _AUTH
        body, salt = _scoped(self._engine_id, request), b""
        if keys.priv_key is not None:
            flags |= _PRIV
            self._salt = (self._salt + 1) % (1 << 8 * _SALT_BYTES)
            salt = self._salt.to_bytes(_SALT_BYTES, "big")
            body = ber.octets(keys.encrypt(body, self._boots, time_s, salt))
        parameters = _parameters(
            self._engine_id,
            self._boots,
            time_s,
            self._user.name.encode(),
            bytes(keys.digest_length),
            salt,
        )
        message = _message(message_id, flags, parameters, body)
        # The digest and the salt are the last of the parameters, and only the body follows them.
        behind = len(ber.octets(salt)) + len(body)
        place = slice(len(message) - behind - keys.digest_length, len(message) - behind)
        return message[: place.start] + keys.digest(message) + message[place.stop :]

    def unwrap(self, data: bytes, message_id: int, now: float) -> pdu.Pdu:
        """Return what a message carries.

        Raises `FrameError` where it does not belong to the request or is not genuine,
        `AgentLearnedError` where asking again helps, `AgentRefusedError` where it does not.
        """
        message = _read(data)
        if message.message_id != message_id:
            raise FrameError("SNMP: an answer to another request", data)
        if not message.flags & _AUTH:
            raise self._told(message)
        self._verify(message, now)
        answer = pdu.read(self._opened(message))
        if answer.kind == pdu.REPORT:
            raise self._reported(answer, data)
        return answer

    def _agent_time_s(self, now: float) -> int:
        return self._time_s + int(now - self._heard_at)

    def _told(self, message: _Message) -> FrameError | AgentRefusedError:
        """Return what an unsigned report says; an unsigned answer is worth nothing."""
        if message.flags & _PRIV:
            return FrameError("SNMP: an encrypted answer without a digest", message.raw)
        report = pdu.read(_inside(message.raw, *message.body))
        name = _only_name(report)
        if name == _UNKNOWN_ENGINE and message.engine_id:
            self._engine_id = message.engine_id
            self._keys = localized(self._user, message.engine_id)
            self._boots = self._time_s = 0
            return AgentLearnedError("SNMP: the agent introduced itself", message.raw)
        return _refusal(name, self._user, message.raw)

    def _verify(self, message: _Message, now: float) -> None:
        keys, raw = self._keys, message.raw
        if keys is None or message.engine_id != self._engine_id:
            raise FrameError("SNMP: an answer of another agent", raw)
        place = slice(message.digest_at, message.digest_at + keys.digest_length)
        unsigned = raw[: place.start] + bytes(keys.digest_length) + raw[place.stop :]
        if message.user != self._user.name.encode() or not hmac.compare_digest(
            message.digest, keys.digest(unsigned)
        ):
            raise FrameError("SNMP: the digest of an answer is wrong", raw)
        is_late = message.time_s < self._agent_time_s(now) - WINDOW_S
        if message.boots < self._boots or (message.boots == self._boots and is_late):
            raise FrameError("SNMP: an answer of the past", raw)
        self._boots, self._time_s, self._heard_at = message.boots, message.time_s, now

    def _opened(self, message: _Message) -> ber.Reader:
        keys = self._keys
        if keys is None or keys.priv_key is None:
            return _inside(message.raw, *message.body)
        if not message.flags & _PRIV:
            # A signed report may come unencrypted; all else has to be as secret as the request.
            reader = _inside(message.raw, *message.body)
            if reader.data[reader.at : reader.at + 1] != bytes((pdu.REPORT,)):
                raise FrameError("SNMP: an answer is not encrypted", message.raw)
            return reader
        secret = ber.Reader(message.raw, *message.body).octets()
        if len(message.salt) != _SALT_BYTES:
            raise FrameError("SNMP: an encrypted answer without its salt", message.raw)
        clear = keys.decrypt(secret, message.boots, message.time_s, message.salt)
        return _inside(clear, 0, len(clear))

    def _reported(self, report: pdu.Pdu, data: bytes) -> FrameError | AgentRefusedError:
        name = _only_name(report)
        if name == _NOT_IN_TIME_WINDOW:
            # The signed report carried the agent's time, and that was taken over.
            return AgentLearnedError("SNMP: the agent told its time", data)
        return _refusal(name, self._user, data)


def _only_name(report: pdu.Pdu) -> bytes:
    return report.bindings[0][0] if report.kind == pdu.REPORT and report.bindings else b""


def _refusal(name: bytes, user: User, data: bytes) -> FrameError | AgentRefusedError:
    reason = _REASONS.get(name)
    if reason is None:
        return FrameError("SNMP: an answer that is not signed", data)
    return AgentRefusedError(f"the agent {reason} {user.name!r}")


def _parameters(
    engine_id: bytes = b"",
    boots: int = 0,
    time_s: int = 0,
    user: bytes = b"",
    digest: bytes = b"",
    salt: bytes = b"",
) -> bytes:
    return ber.sequence(
        ber.octets(engine_id),
        ber.integer(boots),
        ber.integer(time_s),
        ber.octets(user),
        ber.octets(digest),
        ber.octets(salt),
    )


def _scoped(engine_id: bytes, request: bytes) -> bytes:
    return ber.sequence(ber.octets(engine_id), ber.octets(b""), request)


def _message(message_id: int, flags: int, parameters: bytes, body: bytes) -> bytes:
    return ber.sequence(
        ber.integer(VERSION),
        ber.sequence(
            ber.integer(message_id),
            ber.integer(_LONGEST_ANSWER),
            ber.octets(bytes((flags,))),
            ber.integer(_USM),
        ),
        ber.octets(parameters),
        body,
    )


def _inside(data: bytes, start: int, end: int) -> ber.Reader:
    """Return a reader at the PDU of the scoped PDU that lies between `start` and `end`."""
    reader = ber.Reader(data, start, end).inside()
    reader.octets()
    reader.octets()
    return reader


def _read(data: bytes) -> _Message:
    """Take a message apart; raises `FrameError` where it is none of version 3."""
    outer = ber.Reader(data)
    body = outer.inside()
    outer.finish()
    if body.integer() != VERSION:
        raise FrameError("SNMP: a message of another version", data)
    head = body.inside()
    message_id, _, flags, model = head.integer(), head.integer(), head.octets(), head.integer()
    if len(flags) != 1 or model != _USM:
        raise FrameError("SNMP: a message of another security model", data)
    parameters = body.inside(ber.OCTETS).inside()
    engine_id, boots, time_s = parameters.octets(), parameters.integer(), parameters.integer()
    if not (0 <= boots <= pdu.MAX_ID and 0 <= time_s <= pdu.MAX_ID):
        raise FrameError("SNMP: an impossible time of the agent", data)
    user = parameters.octets()
    digest_at, digest_end = parameters.next(ber.OCTETS)
    return _Message(
        raw=data,
        message_id=message_id,
        flags=flags[0],
        engine_id=engine_id,
        boots=boots,
        time_s=time_s,
        user=user,
        digest_at=digest_at,
        digest=data[digest_at:digest_end],
        salt=parameters.octets(),
        body=(body.at, body.end),
    )
