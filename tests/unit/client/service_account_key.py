"""A service account's key, made for one run of the tests."""

import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from google_drive_worker.client.service_account import ServiceAccountKey

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = PRIVATE.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
KEY_FILE = {
    "type": "service_account",
    "client_email": "robot@project.iam.gserviceaccount.com",
    "private_key": PEM,
    "private_key_id": "key-1",
    "token_uri": "https://oauth2.googleapis.com/token",
}


def parsed(**changes: object) -> ServiceAccountKey:
    """The key, with `changes` to its file."""
    return ServiceAccountKey.parse(json.dumps({**KEY_FILE, **changes}))
