"""The files that Google's console hands out: keys of service accounts and secrets of clients, as JSON."""

import secrets

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.oauth.registry import Client

PROJECT = "emulator"

_KEY_BITS = 2048


def new_client_id() -> str:
    """Return the id of a new client."""
    return f"{secrets.randbelow(10**12):012d}-{secrets.token_hex(16)}.apps.googleusercontent.com"


def new_client_secret() -> str:
    """Return the secret of a new client."""
    return f"GOCSPX-{secrets.token_urlsafe(21)}"


def new_account_number() -> str:
    """Return the client id of a new service account: 21 digits."""
    return f"1{secrets.randbelow(10**20):020d}"


def new_key() -> tuple[str, str, str]:
    """Make an RSA key, which takes a good part of a second; return its id, and the private and public half in PEM."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=_KEY_BITS)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return secrets.token_hex(20), private.decode(), public.decode()


def service_account_file(email: str, client_id: str, key_id: str, private_key: str, origin: str) -> dict[str, str]:
    """Return a service account's key file, whose token endpoint is the emulator's at ``origin``."""
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": key_id,
        "private_key": private_key,
        "client_email": email,
        "client_id": client_id,
        **_endpoints(origin),
        "universe_domain": "googleapis.com",
    }


def client_file(client: Client, origin: str) -> dict[str, Json]:
    """Return a client's secrets file, whose endpoints are the emulator's at ``origin``."""
    secret: dict[str, Json] = {
        "client_id": client.client_id,
        "project_id": PROJECT,
        **_endpoints(origin),
        "client_secret": client.client_secret,
        "redirect_uris": list[Json](client.redirect_uris or ("http://localhost",)),
    }
    return {"web" if client.type == "web" else "installed": secret}


def _endpoints(origin: str) -> dict[str, str]:
    return {
        "auth_uri": f"{origin}/o/oauth2/v2/auth",
        "token_uri": f"{origin}/token",
        "auth_provider_x509_cert_url": f"{origin}/oauth2/v1/certs",
    }
