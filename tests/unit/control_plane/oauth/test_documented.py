"""docs/connecting.md names every code that a person may meet."""

import re
from pathlib import Path

from drive_control_plane.connections import lookup
from drive_control_plane.oauth import (
    callback,
    delegating,
    delegating_many,
    flow,
    keeping,
    replacing,
    service_account_pages,
)
from drive_control_plane.oauth.errors import MISSETTINGS, PASSING, REFUSALS
from drive_control_plane.scheduler import sending, telling

DOCUMENT = Path(__file__).parents[4] / "docs" / "connecting.md"
RAISED = re.compile(r'(?:ConnectError\(|Problem\(\s*\d+,|_not_tried\(subject,)\s*"(\w+)"')
SOURCES = (
    callback,
    delegating,
    delegating_many,
    flow,
    keeping,
    lookup,
    replacing,
    sending,
    service_account_pages,
    telling,
)


def test_every_code_is_in_the_document() -> None:
    """Codes of Google's and our own are all in its table."""
    sources = [Path(str(module.__file__)).read_text() for module in SOURCES]
    own = {code for source in sources for code in RAISED.findall(source)}
    documented = set(re.findall(r"`(\w+)`", DOCUMENT.read_text()))
    assert len(own) >= 20
    assert own | {*REFUSALS, *MISSETTINGS, *PASSING} <= documented
