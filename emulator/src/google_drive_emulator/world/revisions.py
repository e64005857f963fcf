"""Past contents of files: what a change replaced in, the revisions of a file out (facts A8).

A blob's past contents are purged 30 days after newer content came, and beyond the newest 100, unless they are kept
forever. A document's revisions are numbered and never purged, but only the newest thousand are held.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from google_drive_emulator.world.items import Content, Item, User

PURGED_AFTER_MS = 30 * 86_400_000
MOST_UNKEPT = 100
MOST_KEPT = 200
_MOST_OF_DOCUMENT = 1000
_MERGED = 3


class RevisionSettings(msgspec.Struct, frozen=True):
    """What a client may set of a revision: ``keep_forever`` for blobs, the others for documents."""

    keep_forever: bool = False
    publish_auto: bool = False
    published: bool = False
    published_outside_domain: bool = False


class Revision(msgspec.Struct, frozen=True):
    """A file's content as it was; ``content`` is None for documents, of which ``text`` is what they said.

    Times are epoch milliseconds; ``superseded_ms`` is when newer content came, None for the present content.
    """

    id: str
    modified_ms: int
    modifier: User
    mime_type: str
    size: int | None = None
    content: Content | None = None
    original_name: str | None = None
    text: str | None = None
    settings: RevisionSettings = RevisionSettings()
    superseded_ms: int | None = None

    @property
    def is_head(self) -> bool:
        """Tell whether this is the file's present content."""
        return self.superseded_ms is None


class Revisions:
    """The revisions of all files by the files' ids, oldest first; the present ones are made from the files."""

    def __init__(self) -> None:
        self._past: dict[str, tuple[Revision, ...]] = {}
        self._heads: dict[str, tuple[str, RevisionSettings]] = {}

    def copy(self) -> "Revisions":
        """Return revisions that can be changed apart from these."""
        copied = Revisions()
        copied._past, copied._heads = dict(self._past), dict(self._heads)
        return copied

    def of(self, item: Item, now_ms: int) -> Sequence[Revision]:
        """Return what is left of a file's revisions at a moment, oldest first, the present content last."""
        return (*_unpurged(self._past.get(item.id, ()), now_ms), self.head(item))

    def find(self, item: Item, revision_id: str, now_ms: int) -> Revision | None:
        """Return a revision of a file, or None when there is none or it was purged."""
        return next((each for each in self.of(item, now_ms) if each.id == revision_id), None)

    def head(self, item: Item) -> Revision:
        """Return a file's present content as a revision."""
        head = head_revision(item, self.number(item.id))
        held_id, settings = self._heads.get(item.id, ("", head.settings))
        return replace(head, settings=settings) if held_id == head.id else head

    def set(self, item: Item, revision_id: str, settings: RevisionSettings) -> None:
        """Replace the settings of one of a file's revisions."""
        if self.head(item).id == revision_id:
            self._heads[item.id] = (revision_id, settings)
            return
        self._past[item.id] = tuple(
            replace(each, settings=settings) if each.id == revision_id else each for each in self._past.get(item.id, ())
        )

    def drop(self, item_id: str, revision_id: str) -> None:
        """Drop one of a file's past revisions."""
        self._past[item_id] = tuple(each for each in self._past.get(item_id, ()) if each.id != revision_id)

    def supersede(self, item: Item, now_ms: int) -> None:
        """Keep an item's present content, which is about to be replaced."""
        old = self.head(item)
        past = _unpurged(self._past.get(item.id, ()), now_ms)
        self._past[item.id] = (*past, replace(old, superseded_ms=now_ms))
        self._heads.pop(item.id, None)
        if old.settings.published and old.settings.publish_auto:
            self._heads[item.id] = (str(self.number(item.id)), old.settings)

    def number(self, item_id: str) -> int:
        """Return which revision of a document is the present one, counted from 1."""
        past = self._past.get(item_id)
        return int(past[-1].id) + 1 if past and past[-1].content is None else 1

    def forget(self, item_id: str) -> None:
        """Drop the revisions of a deleted file."""
        self._past.pop(item_id, None)
        self._heads.pop(item_id, None)


def head_revision(item: Item, number: int) -> Revision:
    """Return the present content of a file as a revision; documents number theirs."""
    return Revision(
        item.head_revision or str(number),
        item.modified_ms,
        item.modifier,
        item.mime_type,
        item.size,
        item.content,
        item.original_name,
        item.traits.text,
        RevisionSettings(keep_forever=item.traits.keep_head_revision),
    )


def merged(revisions: Sequence[Revision]) -> Sequence[Revision]:
    """Return the few revisions that a busy document's are merged into: every third and the present one (facts A8)."""
    return [each for each in revisions if each.is_head or each.content is not None or int(each.id) % _MERGED == 0]


def _unpurged(past: tuple[Revision, ...], now_ms: int) -> tuple[Revision, ...]:
    if not past or past[0].content is None:
        return past[-_MOST_OF_DOCUMENT:]
    unkept = [each for each in past if not each.settings.keep_forever]
    lasting = {each.id for each in unkept[-MOST_UNKEPT:] if (each.superseded_ms or 0) + PURGED_AFTER_MS > now_ms}
    return tuple(each for each in past if each.settings.keep_forever or each.id in lasting)
