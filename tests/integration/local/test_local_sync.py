"""One-shot syncs in this process, against an emulator in this process."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from pydantic import SecretStr
from tests.integration.local import world
from tests.integration.local.copying import FILES, PAGE, Copying
from tests.unit.client.service_account_key import KEY_FILE

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.commenting import add_comment
from google_drive_worker.client.errors import ReauthorizationRequiredError
from google_drive_worker.environment_credentials import EnvironmentCredentialError
from google_drive_worker.local_sync import INCOMPLETE, Outcome
from google_drive_worker.schemas.state import corpus_part
from google_drive_worker.sinks.local.formats import storage_for
from google_drive_worker.sinks.local.storage import FileRefusedError


async def test_a_first_run_copies_the_drive(copying: Copying) -> None:
    """The table equals the drive, and what was written was counted."""
    assert await copying.sync() == Outcome()
    assert world.table(copying.path) == await copying.drive()
    assert copying.progress.items == FILES


async def test_a_later_run_replays_what_changed(copying: Copying) -> None:
    """After changes of every kind the table equals the drive again; of listings, only the new folder's is made."""
    await copying.sync()
    root = (await copying.ask("world"))["root_id"]
    mutations = world.changes_of_files(await copying.drive(), root)
    await copying.ask("world", {"mutations": mutations})
    listings = await copying.calls("files.list")
    assert await copying.sync() == Outcome()
    assert world.table(copying.path) == await copying.drive()
    assert copying.progress.deletes == 2
    assert await copying.calls("files.list") == listings + 1


async def test_a_changed_file_brings_its_revisions_and_comments(copying: Copying) -> None:
    """What hangs below a file is read once the file changed, and goes with the file."""
    await copying.sync()
    emulated, owner = copying.running.world, copying.running.world.users[0]
    file = emulated.create("talk.bin", mime_type="image/png", data=b"1")
    emulated.edit(file.id, b"22")
    add_comment(emulated, file.id, owner, "hello")
    assert await copying.sync() == Outcome()
    assert copying.rows("SELECT file_id, size_bytes FROM revisions ORDER BY size_bytes") == [(file.id, 1), (file.id, 2)]
    assert copying.rows("SELECT file_id, content FROM comments") == [(file.id, "hello")]
    emulated.delete(file.id)
    assert await copying.sync() == Outcome()
    below = "SELECT count(*) FROM records WHERE resource_type IN ('revision', 'comment', 'manifest')"
    assert copying.rows(below) == [(0,)]


async def test_a_shared_drive_comes_with_its_members_and_own_grants(copying: Copying) -> None:
    """The views show the drive, its items, who its members are, and who else may see a folder; all go with it."""
    emulated, owner, guest = copying.running.world, *copying.running.world.users[:2]
    shared = emulated.create_drive("Plans", by=owner)
    folder = emulated.create("own", mime_type=world.FOLDER, parent=shared.id, owner=owner)
    emulated.share(folder.id, user_grant(guest, "reader"))
    assert await copying.sync() == Outcome()
    assert copying.rows("SELECT id, name FROM drives") == [(shared.id, "Plans")]
    grants = f"SELECT file_type, email_address, role FROM permissions WHERE file_id IN ('{shared.id}', '{folder.id}')"  # noqa: S608
    assert set(copying.rows(grants)) == {
        ("drive", owner.email, "organizer"),
        ("folder", owner.email, "organizer"),
        ("folder", guest.email, "reader"),
    }
    emulated.delete_drive(shared.id)
    assert await copying.sync() == Outcome()
    assert copying.rows("SELECT id FROM drives") == []
    assert copying.rows("SELECT item_id FROM permission_sets") == []
    assert copying.rows("SELECT count(*) FROM records WHERE corpus LIKE 'drive:%' AND resource_type <> 'snapshot'") == [
        (0,)
    ]


async def test_a_full_run_lists_everything_anew(copying: Copying) -> None:
    """Whatever happened, also what the log does not say of folders, is in the table after a new snapshot."""
    await copying.sync()
    seed = 11
    print(f"seed {seed}")
    await copying.ask("world/random", {"count": 150, "seed": seed})
    assert await copying.sync(full=True) == Outcome()
    assert world.table(copying.path) == await copying.drive()


async def test_a_stopped_run_is_gone_on_with(copying: Copying) -> None:
    """The next run lists the pages that are missing and no others."""
    copying.stop_after = 3 * PAGE
    assert await copying.sync() == Outcome("stopped")
    listed = copying.progress.items
    assert PAGE <= listed < FILES
    copying.stop_after = None
    assert await copying.sync() == Outcome()
    assert copying.progress.items == FILES - listed
    assert world.table(copying.path) == await copying.drive()


async def test_what_falls_due_later_is_done_by_a_later_run(copying: Copying) -> None:
    """A run does not wait for the settle pass; the first run after its time lists what it is to list, once."""
    assert await copying.sync() == Outcome()
    storage = storage_for(copying.path, "local")
    state = storage.open()
    [corpus] = state.corpora
    assert corpus.settle_at is not None
    due = msgspec.structs.replace(corpus, settle_at="2020-01-01T00:00:00.000Z")
    storage.write(state, state.with_part(corpus_part(corpus.corpus), due), [])
    storage.close()
    listings = await copying.calls("files.list")
    for _ in range(2):
        assert await copying.sync() == Outcome()
        assert await copying.calls("files.list") == listings + 1


async def test_what_could_not_be_read_keeps_a_run_from_being_complete(copying: Copying) -> None:
    """A snapshot that missed something is told in every later run, until a full one mends it."""
    await copying.sync()
    storage = storage_for(copying.path, "local")
    state = storage.open()
    corpus = state.corpora[0]
    part = corpus_part(corpus.corpus)
    storage.write(state, state.with_part(part, msgspec.structs.replace(corpus, complete=False)), [])
    storage.close()
    assert await copying.sync() == Outcome(INCOMPLETE)
    assert await copying.sync(full=True) == Outcome()


async def test_a_revoked_credential_is_told_at_once(copying: Copying) -> None:
    """When Google refuses the very first call, nothing is tried again."""
    await copying.ask("oauth", {"action": "revoke", "refresh_token": "1//mine"})
    with pytest.raises(ReauthorizationRequiredError):
        await copying.sync()


async def test_a_credential_revoked_on_the_way_ends_the_run(copying: Copying) -> None:
    """The run says why it ended, and the next one, with consent again, goes on."""
    refusal = {"route": "files.list", "status": 401, "reason": "authError", "count": 100}
    await copying.ask("faults", {"faults": [refusal]})
    outcome = await copying.sync()
    assert outcome.problem is not None
    assert outcome.code in {"reauthorization_required", "credentials_rejected"}
    await copying.ask("faults", method="DELETE")
    assert await copying.sync() == Outcome()
    assert world.table(copying.path) == await copying.drive()


async def test_another_account_is_refused(copying: Copying) -> None:
    """Two people's drives are not mixed in one file."""
    await copying.sync()
    other = copying.running.world.users[1].email
    message = {"action": "register", "refresh_token": "1//other", "user": other}
    await copying.ask("oauth", message)
    copying.settings = copying.settings.model_copy(update={"google_refresh_token": SecretStr("1//other")})
    with pytest.raises(FileRefusedError, match="another Google account"):
        await copying.sync()


async def test_a_service_account_copies_its_subjects_drive(copying: Copying, tmp_path: Path) -> None:
    """With delegation, the drive is the subject's."""
    key = tmp_path / "key.json"
    key.write_text(json.dumps(KEY_FILE))
    subject = copying.running.world.users[1].email
    copying.settings = copying.settings.model_copy(
        update={"google_application_credentials": key, "google_refresh_token": None}
    )
    assert await copying.sync(subject=subject) == Outcome()
    seen = await asyncio.to_thread(world.drive, copying.running.base_url, subject)
    assert set(world.table(copying.path)) == set(seen)


@pytest.mark.parametrize(
    ("given", "subject", "said"),
    [
        ({"google_refresh_token": None}, None, "GOOGLE_REFRESH_TOKEN must be set as well"),
        ({}, "user@example.com", "--subject needs a service account"),
        ({"google_application_credentials": Path("nowhere.json")}, "user@example.com", "cannot be read"),
        ({"google_application_credentials": Path("README.md")}, "user@example.com", "is not JSON"),
    ],
)
async def test_a_credential_that_cannot_be_used_is_explained(
    copying: Copying, given: dict[str, object], subject: str | None, said: str
) -> None:
    """The text says which variable to mend, and holds no value of it."""
    copying.settings = copying.settings.model_copy(update=given)
    with pytest.raises(EnvironmentCredentialError, match=said) as raised:
        await copying.sync(subject=subject)
    assert "1//mine" not in str(raised.value)
    assert "hush" not in str(raised.value)
