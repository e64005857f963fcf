"""Values that must not be written anywhere.

In: any value on its way to a log. Out: plain data (dicts, lists, strings, numbers) with secrets masked, bounded in
depth and in the length of its strings.

Two nets: a key that names a secret hides its value, and a secret with a known shape is masked inside any text. A page
token is not a secret and stays: it is what one looks for when a listing went wrong.
"""

import re
from collections.abc import Mapping

__all__ = ["MASK", "redact", "redact_field", "redact_text"]

MASK = "[redacted]"
_TOO_DEEP = "[too deep]"
_MAX_DEPTH = 6
_MAX_ITEMS = 200
_MAX_CHARACTERS = 16_384
_MAX_INTEGER = 2**63  # beyond it JSON encoders give up

_SECRET_KEY = re.compile(
    r"token|secret|password|passwd|passphrase|authorization|credential|privatekey|apikey|encryptionkey|cookie|assertion"
)
_HARMLESS_KEY = re.compile(r"pagetoken|token(?:uri|url)|tokentype|expires")

_NAMED = r"(?:access|refresh|id)_?token|client_?secret|private_?key|password|assertion|api_?key"
_SHAPES = (
    (re.compile(r"(?i)\b(bearer\s+|basic\s+(?=\S{12}))[A-Za-z0-9._~+/=-]+"), rf"\1{MASK}"),
    (re.compile(r"gAAAAA[A-Za-z0-9_-]{10,}=*"), MASK),  # Fernet
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), MASK),  # JWT
    (re.compile(r"\bya29\.[A-Za-z0-9._-]+|\b1//[A-Za-z0-9_-]{10,}|\bGOCSPX-[A-Za-z0-9_-]+"), MASK),  # Google OAuth
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), MASK),
    # In forms, URLs, JSON and reprs: name=value, "name": "value".
    (re.compile(rf"(?i)\b({_NAMED})(\\?[\"']?\s*[=:]\s*\\?[\"']?)(?!\[redacted\])[^\s&\"'\\,;}}]+"), rf"\1\2{MASK}"),
)


def redact(value: object, depth: int = _MAX_DEPTH) -> object:
    """Return plain data like the value, without its secrets; an object of another kind becomes its masked repr."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -_MAX_INTEGER <= value < _MAX_INTEGER else hex(value)[:_MAX_CHARACTERS]
    if isinstance(value, str):
        return redact_text(value)
    if depth <= 0:
        return _TOO_DEEP
    if isinstance(value, Mapping):
        return _redact_mapping(value, depth)
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, depth - 1) for item, _ in zip(value, range(_MAX_ITEMS), strict=False)]
    return redact_text(_repr(value))


def redact_field(key: str, value: object, depth: int = _MAX_DEPTH) -> object:
    """Return the mask if the key names a secret, else the redacted value."""
    return MASK if _hides(key, value) else redact(value, depth)


def redact_text(text: str) -> str:
    """Return the text, cut at 16,384 characters, with every secret of a known shape masked."""
    # Cut first: the patterns should not run over megabytes, and they match what a cut leaves of a secret.
    kept, cut = text[:_MAX_CHARACTERS], len(text) - _MAX_CHARACTERS
    # Lone surrogates, which JSON can bring in, cannot be written out.
    kept = kept.encode("utf-8", "backslashreplace").decode("utf-8")
    for shape, mask in _SHAPES:
        kept = shape.sub(mask, kept)
    return f"{kept}... ({cut} more characters)" if cut > 0 else kept


def _redact_mapping(value: Mapping[object, object], depth: int) -> dict[str, object]:
    pairs = ((_key(key), item) for key, item in value.items())
    return {key: redact_field(key, item, depth - 1) for (key, item), _ in zip(pairs, range(_MAX_ITEMS), strict=False)}


def _key(key: object) -> str:
    return redact_text(key if isinstance(key, str) else _repr(key))


def _hides(key: str, value: object) -> bool:
    """Whether the key names a secret. Numbers and absent values are none: they say that one is there."""
    if value is None or isinstance(value, bool | int | float):
        return False
    plain = re.sub(r"[^a-z]", "", key.lower())
    return bool(_SECRET_KEY.search(plain)) and not _HARMLESS_KEY.search(plain)


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - a value that cannot be shown must not cost the log line
        return f"<{type(value).__name__}>"
