"""A corpus opened: its start token parked, its snapshot begun.

In: a plan's step. Out: one batch. The start token is taken before anything is listed (facts A5), so that what changes
during the listing is replayed after it.
"""

from datetime import timedelta

import msgspec

from google_drive_worker.client import about, changes, drives, files
from google_drive_worker.client.errors import ConnectionBrokenError, NotFoundError
from google_drive_worker.client.paging import decode
from google_drive_worker.client.quota import Lane
from google_drive_worker.schemas.event import EventName
from google_drive_worker.schemas.record import OutRecord, SnapshotData, SnapshotPhase
from google_drive_worker.schemas.state import Range
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.sync import lists
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.follow import AddFollowUps
from google_drive_worker.sync.membership import SeeInherited, restrictions_hash
from google_drive_worker.sync.patch import All, Patch, snapshot_id
from google_drive_worker.sync.plan import Open
from google_drive_worker.sync.run import Run
from google_drive_worker.sync.scan import FOLDERS, WHOLE
from google_drive_worker.sync.state import AdoptCursor, OpenSnapshot

SETTLE_BEFORE = timedelta(hours=1)
"""What was made so long before the start token was taken may be missing from listings still (facts A4)."""


class AccountChangedError(ConnectionBrokenError):
    """The credential belongs to another account than the snapshot: two drives would be mixed."""

    default_code = "account_changed"


class _Identified(msgspec.Struct, frozen=True):
    id: str


async def open_corpus(run: Run, step: Open) -> Batch:
    """Park the start token and open a snapshot, or adopt a cursor from elsewhere.

    Raises `AccountChangedError` when the credential is another account's, `NotFoundError` for a drive that is gone.
    """
    account = await _account(run)
    partition = run.settings.records_partition(run.connection_id)
    root = step.drive_id or await _root(run)
    if step.cursor is not None:
        adopt = AdoptCursor(step.corpus, step.cursor, account, step.full_wanted, partition, root)
        return Batch(adopt, notices=[run.event(EventName.CORPUS_OPENED, step.corpus)])
    shared_drive = None if step.drive_id is None else await drives.get(run.session, step.drive_id)
    token = await changes.start_page_token(run.session, step.drive_id, lane=Lane.FIRST_SCAN)
    snapshot = snapshot_id(run.job.snapshots + 1)
    opened = OpenSnapshot(
        corpus=step.corpus,
        snapshot_id=snapshot,
        start_token=token,
        account_id=account,
        full_wanted=step.full_wanted,
        ranges={FOLDERS: Range(), WHOLE: Range()},
        records_partition=partition,
        started_at=run.now(),
        drive_id=step.drive_id,
        root_id=root,
        born=run.job.born,
        settle_from=rfc3339(run.timing.now() - SETTLE_BEFORE),
    )
    return _opened(run, step, opened, shared_drive)


def _opened(run: Run, step: Open, opened: OpenSnapshot, shared_drive: drives.Drive | None) -> Batch:
    writer = run.writer(step, opened.snapshot_id, opened.start_token)
    started = SnapshotData(opened.snapshot_id, SnapshotPhase.STARTED, {}, complete=False)
    records: list[OutRecord] = [writer.snapshot(step.corpus, started)]
    patch: Patch = opened
    if shared_drive is not None:
        records.append(lists.drive(writer, shared_drive.raw))
        inherited = SeeInherited(step.corpus, opened.snapshot_id, restrictions_hash(shared_drive.raw))
        patch = All([patch, inherited])
        if run.wants("permission"):
            members = {shared_drive.id: ["drive", "permission"]}
            patch = All([patch, AddFollowUps(step.corpus, opened.snapshot_id, members)])
    return Batch(
        patch,
        records=records,
        notices=[
            run.event(EventName.CORPUS_OPENED, step.corpus),
            run.event(EventName.SNAPSHOT_STARTED, step.corpus, opened.snapshot_id),
        ],
        records_partition=opened.records_partition,
    )


async def _account(run: Run) -> str:
    """Whose credential it is, asked once a run. Raises `AccountChangedError`."""
    if run.account is None:
        run.account = (await about.get(run.session)).user.permission_id
    account = run.account
    if run.job.account_id not in {None, account}:
        raise AccountChangedError(
            "this credential is another Google account's than the one this connection was made with; "
            "reconnect the first account, or forget the connection and start anew"
        )
    return account


async def _root(run: Run) -> str | None:
    """The root of My Drive, which no listing shows; an account without one has none (a service account's may)."""
    try:
        body = await files.get(run.session, "root", "id", lane=Lane.FIRST_SCAN)
    except NotFoundError:
        return None
    return decode(body, _Identified, endpoint=files.GET_ENDPOINT).id
