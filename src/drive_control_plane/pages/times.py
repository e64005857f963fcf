"""Times as people say them. In: moments, lengths of time. Out: words, in the largest unit that fits."""

from datetime import datetime


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, as people say it."""
    if moment is None:
        return "never"
    seconds = max(0, int((now - moment).total_seconds()))
    return "just now" if seconds < 10 else f"{span(seconds)} ago"


def ahead(moment: datetime, now: datetime) -> str:
    """How long it is until then, as people say it."""
    seconds = (moment - now).total_seconds()
    return "now" if seconds < 1 else f"in {span(seconds)}"


def span(seconds: float) -> str:
    """A length of time in its largest unit that fits."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
