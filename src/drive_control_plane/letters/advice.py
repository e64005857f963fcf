"""Why a message became a dead letter, and what to do about it (docs/contracts.md, "Dead letter").

In: the reason, as the worker names it. Out: words for people.
"""

from typing import NamedTuple


class Advice(NamedTuple):
    """What a reason means, and what to do."""

    meaning: str
    what_to_do: str


_SENDER = "As it is it fails again: whoever sends these messages has to mend them."

_ADVICE = {
    "empty": Advice("The message has no content.", _SENDER),
    "not_json": Advice("The message is not JSON.", _SENDER),
    "invalid_field": Advice(
        "A field of the message is missing or wrong.",
        f"{_SENDER} If this control plane sent it, its version and the worker's do not fit: bring both up to date, "
        "then send it again.",
    ),
    "unknown_folder": Advice(
        "It asks for a folder that the worker does not know.",
        "Look for changes first, so that the worker sees a folder that was just made; then send it again. A folder "
        "that is gone stays unknown.",
    ),
    "missing_config": Advice(
        "It came before the worker knew anything of the connection.",
        "Look for changes, which tells the worker the settings; then send it again.",
    ),
    "unreadable_state": Advice(
        "The worker cannot read what it has stored of the connection: a newer version wrote it, or it is damaged.",
        "Run the newest version of the worker, then send it again.",
    ),
    "routing_loop": Advice(
        "It went from worker to worker without reaching the one that has the connection.",
        "google-drive-worker topics check says what is wrong with the topics; mend that, then send it again.",
    ),
    "internal_error": Advice(
        "The worker failed on it, by a defect of its own.",
        "The worker's log has more. With a version in which it is mended, send it again.",
    ),
    "unsupported_setting": Advice(
        "It asks for a limit that an earlier version of the worker could not keep.",
        "Send it again if the worker was brought up to date since.",
    ),
}


def advice_of(reason: str) -> Advice:
    """What to do about a reason; also about one that a newer worker may give."""
    return _ADVICE.get(reason) or Advice(
        f"The worker calls it {reason or 'nothing'}, which this version does not know.",
        "See the detail and the worker's log; once the cause is gone, send it again.",
    )
