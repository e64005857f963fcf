"""Where a request comes from.

In: a request, and how many proxies of our own stand in front. Out: the address of whoever asked. What a header claims
beyond those proxies anybody may have written, so it is not believed.
"""

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from fastapi import Request

from drive_control_plane.context import context_of

_IPV6_PREFIX: Final = 64


def network_of(address: str) -> str:
    """What counts as one place when attempts are counted: of IPv6 a network, which is what one household has."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    return str(known.ipv4_mapped or IPv6Network((int(known), _IPV6_PREFIX), strict=False))


def address_of(request: Request) -> str:
    """The address, at most 64 characters."""
    proxies = context_of(request).settings.control_plane_trusted_proxies
    passed = [each.strip() for each in request.headers.get("x-forwarded-for", "").split(",") if each.strip()]
    if proxies and len(passed) >= proxies:
        return passed[-proxies][:64]
    return request.client.host if request.client else "unknown"
