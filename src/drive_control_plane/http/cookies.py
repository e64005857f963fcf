"""Cookies of ours: for this host alone, never for scripts, and over https only where we are.

In: a name, a secret, how long it is kept. Out: an answer that gives the cookie, or takes it back.
"""

from datetime import timedelta

from fastapi import Response

from drive_control_plane.config import ControlPlaneSettings


def cookie_name(settings: ControlPlaneSettings, name: str) -> str:
    """Over https a name that browsers accept from this host alone, and only with `Secure`."""
    return f"__Host-{name}" if settings.is_https else name


def give_cookie(
    response: Response, settings: ControlPlaneSettings, name: str, secret: str, lifetime: timedelta
) -> None:
    """Have the browser keep it."""
    response.set_cookie(
        cookie_name(settings, name),
        secret,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        secure=settings.is_https,
        samesite="lax",
    )


def take_cookie(response: Response, settings: ControlPlaneSettings, name: str) -> None:
    """Have the browser forget it."""
    response.delete_cookie(cookie_name(settings, name), httponly=True, secure=settings.is_https, samesite="lax")
