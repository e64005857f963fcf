"""Scopes: a method's id in, the scopes it accepts out; and the text of a ``scope`` parameter in, scopes out.

The table is that of the discovery documents (facts A2), for the APIs that are emulated.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from google_drive_emulator.oauth.errors import invalid_scopes

PREFIX = "https://www.googleapis.com/auth/"
"""How the names of scopes begin; tables here leave it out."""

OPENID = "openid"
EMAIL = PREFIX + "userinfo.email"
PROFILE = PREFIX + "userinfo.profile"
SIGN_IN = frozenset({OPENID, EMAIL, PROFILE})
"""Scopes that tell who the user is, and nothing more."""

_ALIASES = {"email": EMAIL, "profile": PROFILE}

_METADATA = frozenset({PREFIX + "drive.metadata", PREFIX + "drive.metadata.readonly"})
"""Scopes that open no content: neither ``alt=media`` nor an upload (facts A2)."""

_METADATA_READERS = "drive drive.file drive.metadata drive.metadata.readonly drive.readonly"
_READERS = _METADATA_READERS + " drive.appdata drive.meet.readonly drive.photos.readonly"
_CONTENT_READERS = "drive drive.file drive.meet.readonly drive.readonly"
_FILE_WRITERS = "drive drive.appdata drive.file"
_GROUPS = "admin.directory.group admin.directory.group.readonly"

_TABLE: Sequence[tuple[str, str, str]] = (
    ("drive", "about.get", _METADATA_READERS + " drive.appdata drive.photos.readonly"),
    ("drive", "accessproposals.get accessproposals.list", _METADATA_READERS),
    ("drive", "approvals.get approvals.list", _METADATA_READERS + " drive.appdata"),
    ("drive", "apps.get", _METADATA_READERS + " drive.appdata drive.apps.readonly"),
    ("drive", "apps.list", "drive.apps.readonly"),
    ("drive", "changes.getStartPageToken changes.list changes.watch channels.stop", _READERS),
    ("drive", "files.get files.list files.watch revisions.get revisions.list", _READERS),
    ("drive", "permissions.get permissions.list", _METADATA_READERS + " drive.meet.readonly drive.photos.readonly"),
    ("drive", "files.listLabels", _METADATA_READERS + " drive.meet.readonly"),
    ("drive", "comments.get comments.list replies.get replies.list files.export operations.get", _CONTENT_READERS),
    ("drive", "files.download", "drive drive.file drive.readonly"),
    ("drive", "drives.get drives.list teamdrives.get teamdrives.list", "drive drive.readonly"),
    ("drive", "files.create files.delete files.generateIds revisions.delete revisions.update", _FILE_WRITERS),
    ("drive", "files.copy", _FILE_WRITERS + " drive.photos.readonly"),
    ("drive", "files.update", _FILE_WRITERS + " drive.metadata drive.scripts"),
    ("drive", "comments.create comments.delete comments.update accessproposals.resolve", "drive drive.file"),
    ("drive", "replies.create replies.delete replies.update", "drive drive.file"),
    ("drive", "permissions.create permissions.delete permissions.update", "drive drive.file"),
    ("drive", "approvals.approve approvals.cancel approvals.comment", "drive drive.file drive.metadata"),
    ("drive", "approvals.decline approvals.reassign approvals.start", "drive drive.file drive.metadata"),
    ("drive", "files.modifyLabels", "drive drive.file drive.metadata"),
    ("drive", "drives.create drives.delete drives.hide drives.unhide drives.update", "drive"),
    ("drive", "teamdrives.create teamdrives.delete teamdrives.update", "drive"),
    ("drive", "files.emptyTrash files.generateCseToken", "drive"),
    ("driveactivity", "activity.query", "drive.activity drive.activity.readonly"),
    ("directory", "users.get", "admin.directory.user admin.directory.user.readonly"),
    ("directory", "users.list", "admin.directory.user admin.directory.user.readonly cloud-platform"),
    ("directory", "groups.get groups.list", _GROUPS),
    (
        "directory",
        "members.get members.hasMember members.list",
        _GROUPS + " admin.directory.group.member admin.directory.group.member.readonly",
    ),
    ("oauth2", "userinfo.get userinfo.v2.me.get", "openid userinfo.email userinfo.profile"),
)

DESCRIPTIONS: Mapping[str, str] = {
    OPENID: "Associate you with your personal info on Google",
    EMAIL: "See your primary Google Account email address",
    PROFILE: "See your personal info, including any personal info you've made publicly available",
    PREFIX + "drive": "See, edit, create, and delete all of your Google Drive files",
    PREFIX + "drive.activity": "View and add to the activity record of files in your Google Drive",
    PREFIX + "drive.activity.readonly": "View the activity record of files in your Google Drive",
    PREFIX + "drive.appdata": "See, create, and delete its own configuration data in your Google Drive",
    PREFIX + "drive.apps.readonly": "View your Google Drive apps",
    PREFIX + "drive.file": ("See, edit, create, and delete only the specific Google Drive files you use with this app"),
    PREFIX + "drive.meet.readonly": (
        "See and download your Google Drive files that were created or edited by Google Meet."
    ),
    PREFIX + "drive.metadata": "View and manage metadata of files in your Google Drive",
    PREFIX + "drive.metadata.readonly": "See information about your Google Drive files",
    PREFIX + "drive.photos.readonly": "View the photos, videos and albums in your Google Photos",
    PREFIX + "drive.readonly": "See and download all your Google Drive files",
    PREFIX + "drive.scripts": "Modify your Google Apps Script scripts' behavior",
}
"""What the consent page says of a scope: Google's words (the discovery documents)."""


def _full(name: str) -> str:
    return name if name == OPENID else PREFIX + name


def _rows() -> Iterator[tuple[str, frozenset[str]]]:
    for api, methods, scopes in _TABLE:
        accepted = frozenset(map(_full, scopes.split()))
        for method in methods.split():
            yield f"{api}.{method}", accepted


ACCEPTED: Mapping[str, frozenset[str]] = dict(_rows())
"""The scopes a method accepts, by its id in the discovery documents, such as ``drive.files.list``."""

ALL: frozenset[str] = frozenset(DESCRIPTIONS).union(*ACCEPTED.values())
"""All scopes that open something here."""

_FAMILIES = (PREFIX + "drive", PREFIX + "admin.directory")
_OTHERS = "addons.metadata.readonly admin.labels admin.labels.readonly apps install labels labels.readonly"
_OTHER_DRIVE_SCOPES = frozenset(f"{PREFIX}drive.{name}" for name in _OTHERS.split())


def accepts(method_id: str, scopes: frozenset[str], *, media: bool = False) -> bool:
    """Tell whether a token with ``scopes`` opens a method (facts A2).

    ``method_id`` is that of the discovery documents; Drive's may go without ``drive.`` in front. ``media`` says that
    content goes over the wire, which takes more than a metadata scope. Raises ``KeyError`` for an unknown method.
    """
    accepted = ACCEPTED[method_id if method_id in ACCEPTED else f"drive.{method_id}"]
    return not scopes.isdisjoint(accepted - _METADATA if media else accepted)


def parse(text: str) -> tuple[str, ...]:
    """Read a list of scopes divided by spaces, in full names, each once. Raises ``OAuthError`` for what is no scope.

    Who asks for an address or a profile gets ``openid`` too, as from Google.
    """
    asked = dict.fromkeys(_ALIASES.get(name, name) for name in text.split())
    unknown = [scope for scope in asked if not _exists(scope)]
    if unknown:
        raise invalid_scopes([scope for scope in asked if scope not in unknown], unknown)
    if not SIGN_IN.isdisjoint(asked):
        asked.setdefault(OPENID)
    return tuple(asked)


def join(scopes: Iterable[str]) -> str:
    """Write scopes as the token endpoint does."""
    return " ".join(sorted(scopes))


def _exists(scope: str) -> bool:
    """Tell a scope from none: those of APIs that are not emulated are only checked for being addresses."""
    if scope.startswith(_FAMILIES):
        return scope in ALL or scope in _OTHER_DRIVE_SCOPES or scope.startswith(PREFIX + "admin.directory.")
    return scope in ALL or scope.startswith("https://")
