"""The table of scopes is Google's own."""

import pytest
from tests.support.emulator.discovery import APIS, document, methods

from google_drive_emulator.http.calls import Route
from google_drive_emulator.oauth import scopes
from google_drive_emulator.oauth.errors import OAuthError
from google_drive_emulator.routes import ROUTES

PREFIX = "https://www.googleapis.com/auth/"
DRIVE, METADATA = f"{PREFIX}drive", f"{PREFIX}drive.metadata.readonly"


def test_every_method_in_the_table_accepts_what_its_document_says() -> None:
    """No method accepts a scope more or less than Google documents."""
    assert dict(scopes.ACCEPTED) == {method: methods()[method].scopes for method in scopes.ACCEPTED}


def test_all_methods_of_drive_and_activity_are_in_the_table() -> None:
    """The table is whole where the emulator claims to be."""
    expected = {method for method, described in methods().items() if described.api in {"drive", "driveactivity"}}
    assert expected <= set(scopes.ACCEPTED)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.needs_user], ids=lambda route: route.name)
def test_every_route_that_needs_a_user_has_its_scopes(route: Route) -> None:
    """All scopes together open every method, and none opens nothing."""
    assert scopes.accepts(route.id, scopes.ALL)
    assert not scopes.accepts(route.id, frozenset())


def test_the_consent_page_has_googles_words() -> None:
    """Each scope is described as in the discovery documents."""
    texts = {
        scope: text["description"] for api in APIS for scope, text in document(api)["auth"]["oauth2"]["scopes"].items()
    }
    assert dict(scopes.DESCRIPTIONS) == {scope: texts[scope] for scope in scopes.DESCRIPTIONS}


@pytest.mark.parametrize("method", ["drive.files.get", "drive.revisions.get", "files.get"])
def test_content_takes_more_than_a_metadata_scope(method: str) -> None:
    """The same method accepts a metadata scope for metadata, and not for media (facts A2)."""
    metadata = frozenset({METADATA})
    assert scopes.accepts(method, metadata)
    assert not scopes.accepts(method, metadata, media=True)
    assert scopes.accepts(method, metadata | {f"{PREFIX}drive.readonly"}, media=True)


def test_export_takes_a_content_scope() -> None:
    """Metadata scopes open no export (facts A2)."""
    assert not scopes.accepts("drive.files.export", frozenset({METADATA, f"{PREFIX}drive.metadata"}))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ()),
        (f" {DRIVE}  {METADATA} {DRIVE}", (DRIVE, METADATA)),
        ("openid", ("openid",)),
        ("email", (scopes.EMAIL, "openid")),
        (f"profile {scopes.PROFILE}", (scopes.PROFILE, "openid")),
        (f"{PREFIX}calendar {DRIVE}.labels", (f"{PREFIX}calendar", f"{DRIVE}.labels")),
    ],
)
def test_scopes_are_read_in_full_and_once(text: str, read: tuple[str, ...]) -> None:
    """Short names are written out, repeats dropped, and openid comes with an address or a profile."""
    assert scopes.parse(text) == read


@pytest.mark.parametrize("text", ["drive", f"{DRIVE}.nonsense", f"{DRIVE},{METADATA}", "http://insecure.example"])
def test_what_is_no_scope_is_named(text: str) -> None:
    """The error lists valid and invalid scopes, as Google's does."""
    with pytest.raises(OAuthError, match="invalid_scope") as raised:
        scopes.parse(f"openid {text}")
    assert raised.value.description.endswith(f"{{valid=[openid], invalid=[{text}]}}")
