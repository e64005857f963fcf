"""The folder index: what a page says of folders, and which of them must be listed again for it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from google_drive_worker.client.resources import FILE, DriveFile
from google_drive_worker.schemas.state import (
    JOB,
    ConnectionState,
    CorpusState,
    FolderState,
    JobState,
    Part,
    Phase,
    corpus_part,
)
from google_drive_worker.sync.folders import (
    Accounted,
    AskScan,
    FolderSeen,
    FolderSights,
    IndexFolders,
    ListFolderPage,
    MarkDirty,
    ScanAnew,
    WalkFolder,
    inherited_hash,
    size_below,
    swept,
    unaccounted,
)
from google_drive_worker.sync.patch import Patch, StalePatchError
from google_drive_worker.sync.wishes import Cancel

ME, DRIVE = "user:me", "drive:d1"
ONE, TWO = "000000000001", "000000000002"
LIVE = CorpusState(ME, Phase.LIVE, ONE, "5", "9", 1, is_live=True, root_id="root")
SCANNING = replace(LIVE, phase=Phase.SCANNING, snapshot_id=TWO)
DOCS = FolderState(ME, 1, "root", 77)
SEEN = FolderSeen("root", 77)


def state_of(corpus: CorpusState = LIVE, /, **folders: FolderState) -> ConnectionState:
    parts: dict[str, Part] = {JOB: JobState(config={}), corpus_part(corpus.corpus): corpus}
    return ConnectionState("conn", parts).with_folders(folders).saved()


def corpus_of(state: ConnectionState) -> CorpusState:
    corpus = state.corpus(ME)
    assert corpus is not None
    return corpus


def logged(
    state: ConnectionState, *, folders: dict[str, FolderSeen] | None = None, moves_matter: bool = False, **other: Any
) -> ConnectionState:
    """The state after a page of the log with these sights."""
    corpus = corpus_of(state)
    sights = FolderSights(folders or {}, **other)
    return IndexFolders(ME, corpus.snapshot_id, sights, walks=True, moves_matter=moves_matter).apply(state)


def listed(state: ConnectionState, folders: dict[str, FolderSeen], parents: frozenset[str]) -> ConnectionState:
    """The state after a page of a listing."""
    return IndexFolders(ME, corpus_of(state).snapshot_id, FolderSights(folders, parents)).apply(state)


# A page of the log.


@pytest.mark.parametrize(
    ("before", "seen", "moves_matter", "is_dirty"),
    [
        pytest.param(DOCS, SEEN, False, False, id="as it was"),
        pytest.param(DOCS, FolderSeen("root", 78), False, True, id="something inherited changed"),
        pytest.param(None, SEEN, False, True, id="new"),
        pytest.param(FolderState(ME, 0, None, 0, 1), SEEN, False, True, id="listed, but never emitted"),
        pytest.param(replace(DOCS, corpus=DRIVE), SEEN, False, True, id="from another corpus"),
        pytest.param(DOCS, FolderSeen("attic", 77), False, False, id="moved"),
        pytest.param(DOCS, FolderSeen("attic", 77), True, True, id="moved, with a selection"),
    ],
)
def test_a_folder_that_passes_something_new_on_is_dirty(
    before: FolderState | None, seen: FolderSeen, moves_matter: bool, is_dirty: bool
) -> None:
    """What the log says of a folder alone counts for all below it; what they do not inherit costs nothing."""
    state = state_of(**({} if before is None else {"docs": before}))
    after = logged(state, folders={"docs": seen}, moves_matter=moves_matter)
    assert corpus_of(after).dirty == ({"docs": ""} if is_dirty else {})
    known = after.folders["docs"]
    assert (known.corpus, known.snapshot, known.parent, known.inherited) == (ME, 1, seen.parent, seen.inherited)


def test_a_page_of_a_listing_makes_nothing_dirty() -> None:
    """It shows what lies in a folder as it is now."""
    after = listed(state_of(), {"docs": SEEN}, frozenset(["docs", "attic"]))
    assert corpus_of(after) is LIVE
    assert after.folders["docs"] == replace(DOCS, children=1)
    assert after.folders["attic"] == FolderState(ME, children=1)


@pytest.mark.parametrize(
    "corpus", [SCANNING, replace(LIVE, walked=("docs",))], ids=["during a scan", "walked since the last head"]
)
def test_what_may_have_been_listed_before_the_change_is_listed_again(corpus: CorpusState) -> None:
    """A folder as the index knows it is dirty all the same: its children may have been read before, itself after."""
    assert corpus_of(logged(state_of(corpus, docs=DOCS), folders={"docs": SEEN})).dirty == {"docs": ""}


def test_what_did_not_change_is_not_written_again() -> None:
    """A page that says what is known leaves the folders, and so their parts of the state, as they are."""
    state = state_of(docs=replace(DOCS, children=1))
    after = logged(state, folders={"docs": SEEN}, parents=frozenset(["docs"]))
    assert after.changes_since(state) == {}


@pytest.mark.parametrize(
    ("before", "rescan"),
    [
        pytest.param(replace(DOCS, children=1), True, id="it had children: a scan finds them gone"),
        pytest.param(FolderState(ME, children=1), True, id="it was only heard of, from its children"),
        pytest.param(DOCS, False, id="nothing was ever in it"),
    ],
)
def test_a_folder_that_is_gone(before: FolderState, rescan: bool) -> None:
    """It leaves the index and the walk; what lay in it cannot be listed any more."""
    state = state_of(replace(LIVE, dirty={"docs": "p2", "other": ""}), docs=before)
    after = logged(state, gone=frozenset(["docs"]))
    assert "docs" not in after.folders
    assert corpus_of(after).dirty == {"other": ""}
    assert corpus_of(after).rescan == rescan


def test_nothing_asks_for_a_scan_while_the_log_is_retraced() -> None:
    """What is read again from before a snapshot is listed after it anyway; to ask for another one would never end."""
    state = state_of(replace(SCANNING, retraces=True), docs=replace(DOCS, children=1))
    after = logged(state, gone=frozenset(["docs"]))
    assert "docs" not in after.folders
    assert not corpus_of(after).rescan
    assert corpus_of(Cancel().apply(after)).rescan_later


@pytest.mark.parametrize("retraces", [False, True])
def test_a_scan_that_is_asked_for_comes_after_the_one_under_way(retraces: bool) -> None:
    """One whose log is still being retraced is to come, and does for it, unless it is cancelled."""
    asked = corpus_of(AskScan(ME, TWO).apply(state_of(replace(SCANNING, retraces=retraces))))
    assert (asked.rescan, asked.rescan_later) == (not retraces, retraces)


@pytest.mark.parametrize(
    "known", [{}, {"docs": replace(DOCS, corpus=DRIVE, children=1)}], ids=["file", "a drive's now"]
)
def test_what_is_gone_and_no_folder_of_the_corpus_changes_nothing(known: dict[str, FolderState]) -> None:
    """A file, or a folder that the drive it moved to has told of first."""
    state = state_of(**known)
    assert logged(state, gone=frozenset(["docs"])) is state


@pytest.mark.parametrize(
    "take",
    [
        pytest.param(lambda state: logged(state, folders={"docs": SEEN}), id="by its log"),
        pytest.param(lambda state: listed(state, {"docs": SEEN}, frozenset()), id="by a listing"),
        pytest.param(lambda state: listed(state, {}, frozenset(["docs"])), id="as a parent"),
        pytest.param(lambda state: ListFolderPage(ME, ONE, {"docs": "root"}).apply(state), id="by the folder listing"),
    ],
)
@pytest.mark.parametrize("children", [0, 1])
def test_a_corpus_that_loses_a_folder_with_something_in_it_is_listed_anew(
    take: Callable[[ConnectionState], ConnectionState], children: int
) -> None:
    """What lies in it may have stayed with the old corpus, and be seen from nowhere any more."""
    theirs = replace(LIVE, corpus=DRIVE, drive_id="d1")
    before = state_of(docs=replace(DOCS, corpus=DRIVE, children=children)).with_part(corpus_part(DRIVE), theirs)
    after = take(before)
    assert after.folders["docs"].corpus == ME
    assert after.corpus(DRIVE) == replace(theirs, rescan=children > 0)
    assert not corpus_of(after).rescan


def test_sights_without_what_is_newer_known() -> None:
    """Folders may be left out; parents and what is gone stay."""
    sights = FolderSights({"a": SEEN, "b": SEEN}, frozenset(["p"]), frozenset("g"))
    assert sights.without("a".__eq__) == FolderSights({"b": SEEN}, frozenset(["p"]), frozenset("g"))
    assert not FolderSights()
    assert all([FolderSights({"a": SEEN}), FolderSights(parents=frozenset("p")), FolderSights(gone=frozenset("g"))])


# Listings of folders, and accounting.


def test_a_folder_listing_says_that_folders_are_there() -> None:
    """It takes nothing for emitted, and knows the parent of a folder only while nothing better does."""
    state = state_of(SCANNING, docs=DOCS, moved=replace(DOCS, corpus=DRIVE))
    after = ListFolderPage(ME, TWO, {"docs": "attic", "new": "docs", "moved": "docs"}).apply(state)
    assert after.folders["docs"] == replace(DOCS, listed=2)
    assert after.folders["new"] == FolderState(ME, parent="docs", listed=2)
    assert after.folders["moved"] == FolderState(ME, parent="docs", listed=2)


@pytest.mark.parametrize(
    ("folder", "is_missing"),
    [
        (FolderState(ME, 2, listed=2, children=2), False),
        (FolderState(ME, 1, listed=2), True),
        (FolderState(ME, 0, children=2), True),
        (FolderState(ME, 1, listed=1, children=1), False),
        (FolderState(DRIVE, 1, listed=2, children=2), False),
    ],
    ids=["met", "listed", "a child names it", "of an earlier snapshot", "of another corpus"],
)
def test_what_is_to_be_accounted_for(folder: FolderState, is_missing: bool) -> None:
    """What the snapshot has heard of and not met; the root, which no listing shows, never."""
    state = state_of(SCANNING, docs=folder, root=FolderState(ME, children=2))
    assert unaccounted(state, SCANNING) == (["docs"] if is_missing else [])


def test_folders_that_were_looked_at() -> None:
    """The unseen leave the index, unless another corpus has them by now; what was not told makes it incomplete."""
    state = state_of(SCANNING, gone=DOCS, moved=replace(DOCS, corpus=DRIVE))
    looked = Accounted(ME, TWO, frozenset(["gone", "moved", "never"]), complete=False).apply(state)
    assert set(looked.folders) == {"moved"}
    assert (corpus_of(looked).accounted, corpus_of(looked).complete) == (False, False)
    done = Accounted(ME, TWO, done=True).apply(looked)
    assert (corpus_of(done).accounted, corpus_of(done).complete) == (True, False)


def test_a_complete_snapshot_sweeps_the_index() -> None:
    """Folders of the corpus that it has not met go; those of other corpora are not its business."""
    state = state_of(SCANNING, old=DOCS, met=replace(DOCS, snapshot=2), other=replace(DOCS, corpus=DRIVE))
    assert swept(state, SCANNING) == {"old": None}


# Walks.


def test_a_walk_goes_on_page_by_page_and_downwards() -> None:
    """A folder's token moves on; those found in it wait their turn; when its last page is emitted it is done."""
    state = state_of(replace(LIVE, dirty={"docs": ""}))
    middle = WalkFolder(ME, ONE, "docs", "p2", frozenset(["letters"])).apply(state)
    assert corpus_of(middle).dirty == {"docs": "p2", "letters": ""}
    end = WalkFolder(ME, ONE, "docs", None, frozenset(["letters", "old"])).apply(middle)
    assert corpus_of(end).dirty == {"letters": "", "old": ""}
    assert corpus_of(end).walked == ("docs",)


def test_a_walk_that_was_given_up_is_not_taken_up_by_its_pages() -> None:
    """A page that comes after the folder was taken off does not bring it back."""
    after = WalkFolder(ME, ONE, "docs", "p2").apply(state_of())
    assert corpus_of(after).dirty == {}


def test_folders_can_be_marked() -> None:
    """By whoever wants them listed again, from their first page on; a corpus that is not open lists all anyway."""
    state = state_of(replace(LIVE, dirty={"docs": "p2"}))
    after = MarkDirty(ME, frozenset(["docs", "old"])).apply(state)
    assert corpus_of(after).dirty == {"docs": "", "old": ""}
    assert MarkDirty(DRIVE, frozenset(["docs"])).apply(state) is state


def test_a_walk_is_given_up_for_a_snapshot() -> None:
    """Nothing is dirty any more, and the plan opens a snapshot."""
    after = ScanAnew(ME, ONE).apply(state_of(replace(LIVE, dirty={"docs": "p2"})))
    assert (corpus_of(after).dirty, corpus_of(after).rescan) == ({}, True)


@pytest.mark.parametrize(("most", "size"), [(100, 4), (3, 4), (2, 3), (0, 1)])
def test_the_size_of_a_walk_is_counted_as_far_as_it_matters(most: int, size: int) -> None:
    """Roots and all folders below them, each once; counting ends soon after the bound."""
    index = {
        "docs": DOCS,
        "letters": replace(DOCS, parent="docs"),
        "old": replace(DOCS, parent="letters"),
        "older": replace(DOCS, parent="old"),
        "music": DOCS,
    }
    roots = {"docs": ""} if most < 3 else {"docs": "", "letters": ""}
    assert size_below(state_of(**index), roots, most) == size


def test_a_circle_in_the_index_ends() -> None:
    """Folders that name each other as parent are counted once."""
    index = {"a": replace(DOCS, parent="b"), "b": replace(DOCS, parent="a")}
    assert size_below(state_of(**index), {"a": ""}, 100) == 2


@pytest.mark.parametrize(
    "late",
    [
        IndexFolders(ME, "000000000009", FolderSights({"docs": SEEN})),
        ListFolderPage(ME, "000000000009", {"docs": None}),
        WalkFolder(ME, "000000000009", "docs", None),
        ScanAnew(ME, "000000000009"),
        Accounted(ME, "000000000009"),
        WalkFolder(DRIVE, ONE, "docs", None),
    ],
    ids=lambda patch: type(patch).__name__,
)
def test_what_belongs_to_another_snapshot_is_stale(late: Patch) -> None:
    """A page of a snapshot that was replaced, or of a corpus that was closed, changes no folder."""
    with pytest.raises(StalePatchError):
        late.apply(state_of(docs=DOCS))


# What is inherited.


def folder(**fields: Any) -> DriveFile:
    return FILE.decode(json.dumps({"id": "docs", **fields}))


@pytest.mark.parametrize(
    "other",
    [
        {"permissionIds": ["1", "2"]},
        {"permissions": [{"id": "1", "type": "user", "role": "reader"}]},
        {"capabilities": {"canEdit": False}},
        {"trashed": True},
        {"shared": True},
        {"inheritedPermissionsDisabled": True},
        {"driveId": "d1"},
    ],
    ids=str,
)
def test_what_is_inherited_changes_the_hash(other: dict[str, Any]) -> None:
    """Everything that those below a folder take from it counts."""
    plain: dict[str, Any] = {"permissionIds": ["1"], "capabilities": {"canEdit": True}, "trashed": False}
    assert inherited_hash(folder(**plain | other)) != inherited_hash(folder(**plain))


def test_what_is_not_inherited_does_not() -> None:
    """Neither a name nor a version nor a place; and 0, which means nothing is known, is no hash."""
    one, two = folder(name="Docs", version="3", parents=["a"]), folder(name="Papers", version="4")
    assert inherited_hash(one) == inherited_hash(two) != 0
