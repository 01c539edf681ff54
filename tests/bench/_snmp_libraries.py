"""The same tables of an agent, read by libraries that others use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from gufo.snmp import Aes128Key, Sha1Key, User as GufoUser
from gufo.snmp.aio import SnmpSession
from pysnmp.hlapi.v3arch.asyncio import (  # type: ignore[import-untyped]
    USM_AUTH_HMAC96_SHA,
    USM_PRIV_CFB128_AES,
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    UsmUserData,
    bulk_cmd,
    get_cmd,
)

from tests.core.snmp.agent import AUTH_KEY, COMMUNITY, HOST, PRIV_KEY, USER

#: Values in one answer: as many as fit into one frame of an Ethernet.
VALUES = 60

Read = Callable[[], Awaitable[int]]
"""Reads everything once and returns how many values came."""


async def pysnmp_reader(
    port: int, scalars: Sequence[str], tables: Sequence[Sequence[str]], *, user: bool
) -> Read:
    """Read with pysnmp, several columns in one request."""
    access = (
        UsmUserData(
            USER,
            AUTH_KEY,
            PRIV_KEY,
            authProtocol=USM_AUTH_HMAC96_SHA,
            privProtocol=USM_PRIV_CFB128_AES,
        )
        if user
        else CommunityData(COMMUNITY, mpModel=1)  # noqa: S508
    )
    target = await UdpTransportTarget.create((HOST, port))
    asked = (SnmpEngine(), access, target, ContextData())

    async def walk(columns: Sequence[str]) -> int:
        width, found, last = len(columns), 0, list(columns)
        while True:
            names = [ObjectType(ObjectIdentity(name)) for name in last]
            error, status, _, values = await bulk_cmd(
                *asked, 0, VALUES // width, *names, lookupMib=False
            )
            assert not error
            assert not status
            for start in range(0, len(values) - width + 1, width):
                row = values[start : start + width]
                if not str(row[0][0]).startswith(f"{columns[0]}."):
                    return found
                found += len([int(value) for _, value in row])
                last = [str(name) for name, _ in row]

    async def read() -> int:
        found = sum([await walk(columns) for columns in tables])
        names = [ObjectType(ObjectIdentity(name)) for name in scalars]
        _, _, _, values = await get_cmd(*asked, *names, lookupMib=False)
        return found + len(values)

    return read


async def gufo_reader(
    port: int, scalars: Sequence[str], tables: Sequence[Sequence[str]], *, user: bool
) -> Read:
    """Read with gufo-snmp, one column after the other, as it does."""
    session = SnmpSession(
        HOST,
        port=port,
        community=COMMUNITY,
        user=GufoUser(
            USER, auth_key=Sha1Key(AUTH_KEY.encode()), priv_key=Aes128Key(PRIV_KEY.encode())
        )
        if user
        else None,
        max_repetitions=VALUES,
    )
    await session.refresh()

    async def read() -> int:
        found = len(await session.get_many(scalars))
        for column in (column for columns in tables for column in columns):
            async for _ in session.getbulk(column):
                found += 1
        return found

    return read
