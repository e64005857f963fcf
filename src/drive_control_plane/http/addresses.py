"""Where a request comes from.

In: a request, and how many proxies of our own stand in front. Out: the address of whoever asked. What a header claims
beyond those proxies anybody may have written, so it is not believed.
"""

from fastapi import Request

from drive_control_plane.context import context_of


def address_of(request: Request) -> str:
    """The address, at most 64 characters."""
    proxies = context_of(request).settings.control_plane_trusted_proxies
    passed = [each.strip() for each in request.headers.get("x-forwarded-for", "").split(",") if each.strip()]
    if proxies and len(passed) >= proxies:
        return passed[-proxies][:64]
    return request.client.host if request.client else "unknown"
