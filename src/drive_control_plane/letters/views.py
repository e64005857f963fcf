"""Dead letters as pages and programs see them.

In: letters of the topics. Out: models; no content of a message is in them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel

from clustera_toolkit.dead_letters import Letter, NewestLetters
from drive_control_plane.events.messages import text_of
from drive_control_plane.letters.advice import advice_of

MOST_SHOWN = 200
NEXT_STEP_BY_HAND = (
    "It is too large for Kafka and lies in the workers' object store. This sends it again: "
    "google-drive-worker dlq replay {id}"
)


class LetterView(BaseModel):
    """A message that the worker could not apply."""

    id: str
    """Its place among the dead letters: `topic:partition:offset`."""
    failed_at: datetime | None
    """When it first failed."""
    reason: str
    meaning: str
    """The reason in words."""
    detail: str
    what_to_do: str
    attempts: int
    topic: str
    """Where it was first sent to, and goes again."""
    came_from: str
    """Its place there, `topic:partition:offset`."""
    can_be_sent: bool
    """From here; what is too large for Kafka is sent from the worker's command line."""
    sent_again_at: datetime | None
    """When it was last sent again; null: it waits."""


class LetterPage(BaseModel):
    """A connection's dead letters, the newest first."""

    letters: list[LetterView]
    waiting: int
    """So many were found that were not sent again."""
    is_whole: bool
    """False: there may be older ones than those that were looked at."""


def page_of(newest: NewestLetters) -> LetterPage:
    """The newest of them as they are shown."""
    letters = newest.letters
    shown = [view_of(letter) for letter in reversed(letters[-MOST_SHOWN:])]
    waiting = sum(not letter.replayed for letter in letters)
    return LetterPage(letters=shown, waiting=waiting, is_whole=newest.is_whole)


def cut(page: LetterPage, limit: int, *, replayed: bool) -> LetterPage:
    """The newest of a page."""
    letters: Sequence[LetterView] = [each for each in page.letters if replayed or each.sent_again_at is None]
    return page.model_copy(update={"letters": letters[:limit]})


def view_of(letter: Letter) -> LetterView:
    """One letter. What headers say anybody may have written, so it is cut to what fits."""
    advice = advice_of(text_of(letter.reason, 100))
    is_elsewhere = letter.stored_at is not None
    return LetterView(
        id=str(letter.id),
        failed_at=_moment(letter),
        reason=text_of(letter.reason, 100),
        meaning=advice.meaning,
        detail=text_of(letter.detail, 1_000),
        what_to_do=NEXT_STEP_BY_HAND.format(id=letter.id) if is_elsewhere else advice.what_to_do,
        attempts=letter.attempts,
        topic=letter.inbound_topic,
        came_from=text_of(letter.source, 300),
        can_be_sent=not is_elsewhere,
        sent_again_at=_sent_again_at(letter),
    )


def _moment(letter: Letter) -> datetime | None:
    """When it failed; where the header is none of ours, when it was written."""
    try:
        moment = datetime.fromisoformat(letter.failed_at)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return _of_milliseconds(letter.message.timestamp_ms)


def _sent_again_at(letter: Letter) -> datetime | None:
    if not letter.replayed:
        return None
    return _of_milliseconds(letter.replayed_at_ms) or _of_milliseconds(letter.message.timestamp_ms)


def _of_milliseconds(milliseconds: int | None) -> datetime | None:
    """A time of the producer's, who may have written any number there; None for what is no time."""
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
