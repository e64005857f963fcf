"""The control API under ``/__emulator__/``: JSON in, the state of the emulator read or changed; one module a topic.

What a message means is checked; what is wrong with it is said in ``{"error": "…"}`` with status 400.
"""

from collections.abc import Sequence

from google_drive_emulator.control import (
    activity,
    faults,
    oauth,
    push,
    quota,
    requests,
    settings,
    sharing,
    world,
    worlds,
    writes,
)
from google_drive_emulator.http.calls import Route

ROUTES: Sequence[Route] = (
    *settings.ROUTES,
    *world.ROUTES,
    *worlds.ROUTES,
    *activity.ROUTES,
    *faults.ROUTES,
    *quota.ROUTES,
    *push.ROUTES,
    *oauth.ROUTES,
    *requests.ROUTES,
    *sharing.ROUTES,
    *writes.ROUTES,
)
