import pytest
from pydantic import ValidationError

from google_drive_worker.config import DriveSettings

SECRET = "canary-of-a-password"


@pytest.mark.parametrize("url", ["redis://cache:6379/0", f"rediss://:{SECRET}@cache", "unix:///run/redis.sock"])
def test_urls_of_redis_are_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Plain, TLS and a socket; a password does not show."""
    monkeypatch.setenv("REDIS_URL", url)
    settings = DriveSettings()
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == url
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("url", [f"http://:{SECRET}@cache", f"redis://:{SECRET}@cache:port", f"redis://{SECRET}:70000"])
def test_other_urls_are_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """What cannot be Redis is said at the start."""
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(ValidationError, match="redis_url"):
        DriveSettings()


@pytest.mark.parametrize("prefix", ["", "a b", "{a}"])
def test_a_prefix_is_a_word(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    """Braces would take the keys of a script apart in Redis Cluster."""
    monkeypatch.setenv("REDIS_KEY_PREFIX", prefix)
    with pytest.raises(ValidationError, match="redis_key_prefix"):
        DriveSettings()
