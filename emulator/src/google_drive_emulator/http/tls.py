"""TLS: a certificate in, or one made here; what a server listens with and what clients trust out.

A certificate made here is for this machine and for Google's hosts by name, so that an unmodified client whose names
lead here, and which trusts the authority that signed it, takes the emulator for Google.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme

GOOGLE_HOSTS = (
    "www.googleapis.com",
    "oauth2.googleapis.com",
    "accounts.google.com",
    "driveactivity.googleapis.com",
    "admin.googleapis.com",
    "openidconnect.googleapis.com",
    "docs.google.com",
)
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class TlsError(ValueError):
    """A certificate or key that cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Tls:
    """What a server needs to speak TLS; ``ca_pem`` is the authority that clients must trust, if it was made here."""

    context: ssl.SSLContext
    ca_pem: bytes | None = None


def generated_tls(names: Sequence[str] = ()) -> Tls:
    """Make an authority, and with it a certificate for this machine, Google's hosts and more ``names``."""
    authority = trustme.CA(organization_name="Google Drive emulator")
    certificate = authority.issue_cert(*_THIS_MACHINE, *GOOGLE_HOSTS, *names)
    context = _context()
    certificate.configure_cert(context)
    return Tls(context, authority.cert_pem.bytes())


def tls_of_files(certificate: Path, key: Path) -> Tls:
    """Use a certificate, with what it is signed by behind it, and its key, both PEM. Raises ``TlsError``."""
    context = _context()
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TlsError(f"the certificate {certificate} with the key {key} cannot be used: {reason}") from None
    return Tls(context)


def _context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
