"""What a person asks of a sync besides all of it: parts, history, a confirmation."""

import pytest
from tests.integration.local.copying import Copying

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.commenting import add_comment
from google_drive_worker.local_sync import HELD, Outcome
from google_drive_worker.schemas.record import ResourceType
from google_drive_worker.sinks.local.storage import FileRefusedError

FOLDER = "application/vnd.google-apps.folder"
KINDS = "SELECT DISTINCT resource_type FROM records WHERE resource_type NOT IN ('snapshot', 'manifest') ORDER BY 1"


async def test_a_backfill_is_foretold_and_then_read(copying: Copying) -> None:
    """Its price is told once the files are known, before a single list was asked for; then every file is read."""
    emulated, owner = copying.running.world, copying.running.world.users[0]
    file = emulated.create("talk.bin", mime_type="image/png", data=b"1")
    add_comment(emulated, file.id, owner, "hello")
    assert await copying.sync(backfill=("revision", "comment")) == Outcome()
    [told] = copying.foretold
    [[files]] = copying.rows("SELECT count(*) FROM files")
    assert (told.files, told.cost, told.kinds) == (files, 200 * int(str(files)), ("revision", "comment"))
    assert copying.rows("SELECT file_id, content FROM comments WHERE content = 'hello'") == [(file.id, "hello")]
    assert (file.id, 1) in copying.rows("SELECT file_id, size_bytes FROM revisions")
    assert await copying.calls("comments.list") <= told.files
    assert copying.progress.beside[ResourceType.REVISION] > 0


async def test_a_backfill_that_is_not_agreed_to_is_asked_for_again(copying: Copying) -> None:
    """Without a yes nothing is read and the file is complete all the same; what was begun is not asked for twice."""
    copying.agrees = False
    assert await copying.sync(backfill=("comment",)) == Outcome()
    assert await copying.calls("comments.list") == 0
    copying.agrees = True
    assert await copying.sync(backfill=("comment",)) == Outcome()
    assert len(copying.foretold) == 2
    read = await copying.calls("comments.list")
    assert read > 0
    assert await copying.sync(backfill=("comment",)) == Outcome()
    assert (len(copying.foretold), await copying.calls("comments.list")) == (2, read)


async def test_only_what_is_wanted_is_kept_in_step(copying: Copying) -> None:
    """A file that changed brings no revisions and comments when they are not among the resources."""
    assert await copying.sync(settings={"resources": ["file", "permission"]}) == Outcome()
    copying.running.world.create("new.bin", mime_type="image/png", data=b"1")
    assert await copying.sync() == Outcome()
    assert copying.rows(KINDS) == [("file",), ("folder",)]
    with pytest.raises(FileRefusedError, match="name comment among --resources"):
        await copying.sync(backfill=("comment",))


async def test_a_folder_is_copied_alone(copying: Copying) -> None:
    """A selected folder comes with all that lies below it, and nothing else does, also in later runs."""
    emulated = copying.running.world
    top = emulated.create("top", mime_type=FOLDER)
    below = emulated.create("below", mime_type=FOLDER, parent=top.id)
    inside = emulated.create("inside.txt", mime_type="text/plain", parent=below.id, data=b"1")
    assert await copying.sync(settings={"selected_folders": [top.id]}) == Outcome()
    emulated.create("outside.txt", mime_type="text/plain", data=b"1")
    second = emulated.create("second.txt", mime_type="text/plain", parent=below.id, data=b"1")
    assert await copying.sync() == Outcome()
    held = "SELECT resource_id FROM records WHERE resource_type IN ('file', 'folder')"
    assert {row[0] for row in copying.rows(held)} == {top.id, below.id, inside.id, second.id}


async def test_shared_drives_are_chosen(copying: Copying) -> None:
    """`none` copies no item of a drive, a list copies those it names, and a later choice replaces the earlier one."""
    emulated, owner = copying.running.world, copying.running.world.users[0]
    first, second = (emulated.create_drive(name, by=owner) for name in ("First", "Second"))
    for shared in (first, second):
        emulated.create(f"in {shared.name}", mime_type="text/plain", parent=shared.id, owner=owner, data=b"1")
    assert await copying.sync(settings={"corpora": {"drives": "none"}}) == Outcome()
    assert copying.rows("SELECT name FROM drives") == []
    assert await copying.sync(settings={"corpora": {"drives": [second.id]}}) == Outcome()
    assert copying.rows("SELECT name FROM drives") == [("Second",)]
    assert copying.rows("SELECT name FROM files WHERE name LIKE 'in %'") == [("in Second",)]
    assert copying.progress.drive_names[second.id] == "Second"


async def test_a_listing_that_shows_much_less_is_held(copying: Copying) -> None:
    """Nothing is removed by it before somebody confirms; then what is not there any more is gone."""
    assert await copying.sync() == Outcome()
    [[before]] = copying.rows("SELECT count(*) FROM files")
    await copying.ask("faults", {"faults": [{"route": "files.list", "kind": "empty_list", "count": None}]})
    held = await copying.sync(full=True)
    assert held.problem == HELD.format(count=_fewer(copying))
    assert copying.rows("SELECT count(*) FROM files") == [(before,)]
    assert await copying.sync(confirm=True) == Outcome()
    assert copying.rows("SELECT count(*) FROM files") == [(0,)]


def _fewer(copying: Copying) -> int:
    [[items]] = copying.rows("SELECT count(*) FROM records WHERE resource_type IN ('file', 'folder')")
    return int(str(items))


async def test_permission_sets_of_a_drive_are_counted(copying: Copying) -> None:
    """Who may see a drive, and what of it is shared with others, shows in the counts of a run."""
    emulated, owner, guest = copying.running.world, *copying.running.world.users[:2]
    shared = emulated.create_drive("Plans", by=owner)
    file = emulated.create("own.txt", mime_type="text/plain", parent=shared.id, owner=owner, data=b"1")
    emulated.share(file.id, user_grant(guest, "reader"))
    assert await copying.sync() == Outcome()
    assert copying.progress.beside_items == "1 drives, 2 permission sets"
