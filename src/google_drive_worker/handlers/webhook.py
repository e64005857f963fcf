"""A notification to a decision.

In: a checked notification and the connection's state. Out: a wish to replay, or nothing. Pure. Push is only a hint
(facts B): what matters is that the log is read once more after it, by whoever owns the connection.
"""

from google_drive_worker.handlers.decision import Apply, Decision, Ignore
from google_drive_worker.schemas.state import ConnectionState, JobState
from google_drive_worker.schemas.webhook import Webhook
from google_drive_worker.sync.patch import All, Patch
from google_drive_worker.sync.wishes import Accept, Nudge, SeeNotification


def decide(webhook: Webhook, state: ConnectionState | None, *, now: str, traceparent: str | None) -> Decision:
    """Wish for a replay, unless the notification says nothing new or nobody may act on it."""
    job = state.job if state else None
    if webhook.announces_channel:
        return Ignore("the channel's first message")
    if state is None or job is None:
        return Ignore("a connection that is not known")
    if job.paused or job.parked is not None:
        return Ignore("paused or parked")
    patches: list[Patch] = [_wish(webhook, state, now, traceparent)]
    channel, number = webhook.header("X-Goog-Channel-ID"), _number(webhook)
    if channel is not None and number is not None:
        if _repeated(job, channel, number):
            return Ignore("a repeated notification")
        patches.append(SeeNotification(channel, number))
    return Apply(webhook.integration_connection_id, All(patches))


def _wish(webhook: Webhook, state: ConnectionState, now: str, traceparent: str | None) -> Patch:
    """A replay of the log that the notification names; of all of them when it names none that is known."""
    if webhook.corpus is not None and state.corpus(webhook.corpus) is not None:
        return Nudge(webhook.corpus)
    job = state.job
    return Accept(
        config=None,
        trigger_type="webhook",
        message_id=webhook.message_id,
        trace_id=job.trace_id if job else None,
        traceparent=traceparent,
        accepted_at=now,
    )


def _repeated(job: JobState, channel: str, number: int) -> bool:
    return number <= job.channels.get(channel, 0)


def _number(webhook: Webhook) -> int | None:
    text = webhook.header("X-Goog-Message-Number") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
