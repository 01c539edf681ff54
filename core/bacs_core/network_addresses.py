"""The addresses under which other machines reach this one."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import ifaddr


def own_addresses() -> list[str]:
    """Return the addresses of all interfaces, IPv4 first, without those that lead nowhere else.

    Link-local addresses of IPv6 are left out: they mean nothing without an interface.
    """
    found: set[IPv4Address | IPv6Address] = set()
    try:
        adapters = list(ifaddr.get_adapters())
    except OSError:
        return []
    for adapter in adapters:
        for told in adapter.ips:
            address = ip_address(told.ip[0] if isinstance(told.ip, tuple) else told.ip)
            if not (address.is_loopback or (address.version == 6 and address.is_link_local)):  # noqa: PLR2004
                found.add(address)
    return [str(address) for address in sorted(found, key=lambda each: (each.version, int(each)))]
