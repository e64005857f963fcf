"""What the emulator says of itself to clients of OpenID Connect: its own address in, the configuration out."""

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.oauth.identity import ISSUER
from google_drive_emulator.oauth.scopes import OPENID


def configuration(base_url: str) -> dict[str, Json]:
    """Return ``/.well-known/openid-configuration``, with the endpoints of an emulator at ``base_url``."""
    return {
        "issuer": ISSUER,
        "authorization_endpoint": f"{base_url}/o/oauth2/v2/auth",
        "token_endpoint": f"{base_url}/token",
        "userinfo_endpoint": f"{base_url}/v1/userinfo",
        "revocation_endpoint": f"{base_url}/revoke",
        "jwks_uri": f"{base_url}/oauth2/v3/certs",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": [OPENID, "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": [
            "aud",
            "email",
            "email_verified",
            "exp",
            "family_name",
            "given_name",
            "iat",
            "iss",
            "name",
            "picture",
            "sub",
        ],
        "code_challenge_methods_supported": ["plain", "S256"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
    }
