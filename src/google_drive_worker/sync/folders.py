"""The folder index: what a page says of folders, and what follows from it.

In: folders and parents of a page. Out: patches. The log tells of a folder alone when something happens to all that lies
in it (facts A5): shared, limited, moved, trashed, lost. So each folder has a small value of state with a hash of what
those below it inherit; when that differs, the folder is *dirty* and is listed again, and so on downwards. What lay in a
folder that is gone cannot be listed any more: only a new snapshot finds it out. Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as replace_field
from hashlib import blake2b

from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from google_drive_worker.client.resources import DriveFile
from google_drive_worker.schemas.state import ConnectionState, CorpusState, FolderState, Phase
from google_drive_worker.sync.patch import open_corpus, with_corpus
from google_drive_worker.sync.rescan import with_scan, with_scans_of_losers


@dataclass(frozen=True, slots=True)
class FolderSeen:
    """A folder as a page shows it. `inherited` is 0 where the page does not say what those below it inherit."""

    parent: str | None
    inherited: int
    hides: bool = False
    """Whether the account may no longer see what lies in it: a limited folder shows its name alone (facts A7)."""


@dataclass(frozen=True, slots=True)
class FolderSights:
    """What a page says of folders; `gone` are items that are no longer of the corpus, folders or not."""

    folders: Mapping[str, FolderSeen] = field(default_factory=dict)
    parents: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.folders or self.parents or self.gone)

    def without(self, is_left_out: Callable[[str], bool]) -> "FolderSights":
        """The same without some folders, of which something newer is known."""
        return replace_field(self, folders={name: seen for name, seen in self.folders.items() if not is_left_out(name)})


def inherited_hash(folder: DriveFile) -> int:
    """Hash what those below a folder inherit of it, as far as Drive shows it (facts A5, A6).

    Of a shared drive's folder with grants of its own it shows that there are some, and not which: there the version
    stands for them.
    """
    limited, augmented = folder.inherited_permissions_disabled, folder.has_augmented_permissions
    unseen = folder.version if folder.drive_id is not UNSET and (augmented is True or limited is True) else None
    parts = (
        _part(folder.permissions),
        _part(folder.permission_ids),
        _part(folder.capabilities),
        repr((folder.shared, folder.trashed, limited, augmented, folder.drive_id, unseen)).encode(),
    )
    return hash_of(b"\0".join(parts), digest_bytes=7)


def hash_of(text: bytes, digest_bytes: int = 6) -> int:
    """A hash as the state keeps it; never 0, which stands for what was not read."""
    return int.from_bytes(blake2b(text, digest_size=digest_bytes).digest()) or 1


def hides_children(folder: DriveFile) -> bool:
    """Whether what lies in a folder may not be seen although the folder may (facts A6, A7)."""
    limited = folder.inherited_permissions_disabled is True
    return limited or b'"canListChildren":false' in _part(folder.capabilities).replace(b" ", b"")


def _part(raw: Raw | UnsetType) -> bytes:
    return b"-" if isinstance(raw, UnsetType) else bytes(raw)


@dataclass(frozen=True, slots=True)
class IndexFolders:
    """Take a page into the index.

    `walks` (a page of the log): a folder that differs from the index, or is new to it, becomes dirty. While a scan or a
    walk is under way a folder that the log names is dirty in any case: what lies in it may have been listed before the
    change, and the folder itself after it.
    """

    corpus: str
    snapshot_id: str
    sights: FolderSights
    walks: bool = False
    moves_matter: bool = False
    """Whether a folder that moved is dirty for that alone: what lies in it may enter or leave the selection."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Change the folders named, and mark what follows."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        number = int(self.snapshot_id)
        changed: dict[str, FolderState | None] = {}
        dirty, rescan = dict(corpus.dirty), corpus.rescan
        for folder_id, seen in self.sights.folders.items():
            before = self._known(state, folder_id)
            if self.walks and (self._differs(before, seen) or _may_have_missed(corpus, folder_id)):
                dirty[folder_id] = ""
                rescan = rescan or self._has_hidden(before, seen)
            changed[folder_id] = self._seen(before, seen, number)
        for parent in self.sights.parents:
            known = changed.get(parent) or self._known(state, parent) or FolderState(self.corpus)
            if known.children != number:
                changed[parent] = replace(known, children=number)
        for folder_id in self.sights.gone:
            before = self._known(state, folder_id)
            if before is not None:
                changed[folder_id] = None
                dirty.pop(folder_id, None)
                rescan = rescan or before.children > 0
        if corpus.retraces and rescan:  # all is listed after this anyway, unless that is cancelled
            corpus, rescan = replace(corpus, rescan_later=True), corpus.rescan
        state = with_scans_of_losers(state, self.corpus, changed).with_folders(_differing(state, changed))
        return _with_dirty(state, corpus, dirty, rescan=rescan)

    def _known(self, state: ConnectionState, folder_id: str) -> FolderState | None:
        """The folder, if it is this corpus's: one that came from another is new here."""
        folder = state.folders.get(folder_id)
        return folder if folder is not None and folder.corpus == self.corpus else None

    def _differs(self, before: FolderState | None, seen: FolderSeen) -> bool:
        if before is None or not before.snapshot or before.inherited != seen.inherited:
            return True
        return self.moves_matter and before.parent != seen.parent

    def _has_hidden(self, before: FolderState | None, seen: FolderSeen) -> bool:
        """Whether what lies in the folder is not shown by a walk: what it was, and what of it is shown elsewhere."""
        return seen.hides and self._differs(before, seen) and (before is None or before.children > 0)

    def _seen(self, before: FolderState | None, seen: FolderSeen, number: int) -> FolderState:
        old = before or FolderState(self.corpus)
        return FolderState(self.corpus, number, seen.parent, seen.inherited, old.listed, old.children)


@dataclass(frozen=True, slots=True)
class ListFolderPage:
    """Take a page of the folder listing into the index: it says that folders are there, not that they were emitted."""

    corpus: str
    snapshot_id: str
    parents: Mapping[str, str | None]
    """By folder."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Mark them as listed."""
        open_corpus(state, self.corpus, self.snapshot_id)
        number = int(self.snapshot_id)
        changed: dict[str, FolderState | None] = {}
        for folder_id, parent in self.parents.items():
            known = state.folders.get(folder_id)
            old = known if known is not None and known.corpus == self.corpus else FolderState(self.corpus)
            parent = old.parent if old.snapshot else parent  # what the scan showed is newer
            changed[folder_id] = FolderState(self.corpus, old.snapshot, parent, old.inherited, number, old.children)
        return with_scans_of_losers(state, self.corpus, changed).with_folders(_differing(state, changed))


@dataclass(frozen=True, slots=True)
class WalkFolder:
    """A page of what lies in a dirty folder was emitted. `page_token` None: the folder is done.

    `below` are the folders on that page: they are walked too, since they inherit what this one does.
    """

    corpus: str
    snapshot_id: str
    folder_id: str
    page_token: str | None
    below: frozenset[str] = frozenset()

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Move the walk on."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        dirty = {name: token for name, token in corpus.dirty.items() if name != self.folder_id}
        if self.page_token is not None and self.folder_id in corpus.dirty:
            dirty[self.folder_id] = self.page_token
        for folder_id in self.below:
            dirty.setdefault(folder_id, "")
        walked = tuple(dict.fromkeys((*corpus.walked, self.folder_id)))
        return _with_dirty(state, replace(corpus, walked=walked), dirty, rescan=corpus.rescan)


@dataclass(frozen=True, slots=True)
class MarkDirty:
    """Have folders walked that somebody asked for."""

    corpus: str
    folders: frozenset[str]

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Add them; a corpus that is not open lists everything anyway."""
        corpus = state.corpus(self.corpus)
        if corpus is None:
            return state
        return _with_dirty(state, corpus, {**corpus.dirty, **dict.fromkeys(self.folders, "")}, rescan=corpus.rescan)


@dataclass(frozen=True, slots=True)
class AskScan:
    """Something happened to all of a corpus that only a new snapshot puts right."""

    corpus: str
    snapshot_id: str

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Wish for it, once the one under way is complete."""
        open_corpus(state, self.corpus, self.snapshot_id)
        return with_scan(state, self.corpus)


@dataclass(frozen=True, slots=True)
class ScanAnew:
    """Give a walk up for a new snapshot, which is cheaper, or the only way."""

    corpus: str
    snapshot_id: str

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Wish for it."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        return _with_dirty(state, corpus, {}, rescan=True)


@dataclass(frozen=True, slots=True)
class Accounted:
    """Folders that the scan had not met were looked at; `done` when that was the last of them.

    `unseen` are those that this account may not see: they are no folders of this corpus, only somebody's parents.
    """

    corpus: str
    snapshot_id: str
    unseen: frozenset[str] = frozenset()
    done: bool = False
    complete: bool = True
    doubts: bool | None = None
    """Whether a parent was gone by then: what named it may be gone as well. None where nothing is said of it."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Take the unseen out of the index."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        corpus = replace(
            corpus,
            accounted=corpus.accounted or self.done,
            complete=corpus.complete and self.complete,
            # Once: parents that are never to be seen would ask for snapshots without end.
            rescan=corpus.rescan or (self.doubts is True and not corpus.doubted),
            doubted=corpus.doubted if self.doubts is None else self.doubts,
        )
        ours = {name: None for name in self.unseen if _is_of(state, name, self.corpus)}
        return with_corpus(state.with_folders(ours), corpus)


def _is_of(state: ConnectionState, folder_id: str, corpus: str) -> bool:
    folder = state.folders.get(folder_id)
    return folder is not None and folder.corpus == corpus


def unaccounted(state: ConnectionState, corpus: CorpusState) -> list[str]:
    """Folders that the snapshot's listing or a child has named, and that its scan has not met."""
    number = int(corpus.snapshot_id)
    return [
        folder_id
        for folder_id, folder in state.folders.items()
        if folder.corpus == corpus.corpus
        and folder.snapshot < number
        and number in (folder.listed, folder.children)
        and folder_id != corpus.root_id
    ]


def swept(state: ConnectionState, corpus: CorpusState) -> dict[str, FolderState | None]:
    """What a complete snapshot takes out of the index: folders of the corpus that it neither met nor heard of."""
    number = int(corpus.snapshot_id)
    return {
        folder_id: None
        for folder_id, folder in state.folders.items()
        if folder.corpus == corpus.corpus and folder.snapshot < number and folder.children < number
    }


def size_below(state: ConnectionState, roots: Mapping[str, str], most: int) -> int:
    """Count the folders at and below some, as far as the index knows them; stops counting above `most`."""
    children: dict[str, list[str]] = {}
    for folder_id, folder in state.folders.items():
        if folder.parent is not None:
            children.setdefault(folder.parent, []).append(folder_id)
    seen, waiting = set(roots), list(roots)
    while waiting and len(seen) <= most:
        fresh = [child for child in children.get(waiting.pop(), []) if child not in seen]
        seen.update(fresh)
        waiting += fresh
    return len(seen)


def _differing(state: ConnectionState, changed: Mapping[str, FolderState | None]) -> dict[str, FolderState | None]:
    known = state.folders.get
    return {
        name: folder for name, folder in changed.items() if (before := known(name)) is not folder and before != folder
    }


def _may_have_missed(corpus: CorpusState, folder_id: str) -> bool:
    return (corpus.phase is Phase.SCANNING and not corpus.retraces) or folder_id in corpus.walked


def _with_dirty(state: ConnectionState, corpus: CorpusState, dirty: dict[str, str], *, rescan: bool) -> ConnectionState:
    if corpus is state.corpus(corpus.corpus) and dirty == corpus.dirty and rescan == corpus.rescan:
        return state
    return with_corpus(state, replace(corpus, dirty=dirty, rescan=rescan))
