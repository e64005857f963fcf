"""How push notifications behave where Google says nothing, or where a test wants trouble (facts B)."""

import msgspec


class PushSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of all channels.

    ``allow_http`` lets addresses be plain HTTP on this machine (``local``), anywhere (``any``) or nowhere (``none``, as
    Google). ``verify_tls`` checks the certificates of HTTPS addresses. ``sync_first`` delivers the first message
    before the watch call is answered. ``gaps`` leaves numbers out. ``loss`` and ``duplicates`` are probabilities for
    each message. ``coalesce_ms`` waits so long for more changes before one message tells of all. A 500, 502, 503 or
    504 and a broken connection are tried again after ``retry_base_ms``, doubling, up to ``retries`` times.
    """

    allow_http: str = "local"
    verify_tls: bool = True
    sync_first: bool = False
    gaps: bool = True
    loss: float = 0.0
    duplicates: float = 0.0
    coalesce_ms: int = 0
    delay_ms: int = 0
    retries: int = 6
    retry_base_ms: int = 1000
    timeout_seconds: float = 10.0

    def problem(self) -> str | None:
        """Say what is wrong with the values, or None."""
        if self.allow_http not in {"none", "local", "any"}:
            return f"allow_http must be none, local or any, not {self.allow_http!r}"
        for name in ("loss", "duplicates"):
            if not 0 <= getattr(self, name) <= 1:
                return f"{name} must be from 0 to 1"
        for name, most in (("coalesce_ms", 60_000), ("delay_ms", 600_000), ("retries", 20), ("retry_base_ms", 60_000)):
            if not 0 <= getattr(self, name) <= most:
                return f"{name} must be from 0 to {most}"
        return None if 0 < self.timeout_seconds <= 60 else "timeout_seconds must be above 0 and at most 60"
