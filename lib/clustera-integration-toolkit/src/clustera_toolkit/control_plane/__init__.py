"""Credentials from a control plane, instead of credentials in messages.

In: a client's id and secret. Out: access tokens of connections, obtained once and renewed in time.
"""

from clustera_toolkit.control_plane.answers import AccessGrant
from clustera_toolkit.control_plane.client import ControlPlaneClient
from clustera_toolkit.control_plane.errors import (
    AnswerError,
    ClientRefusedError,
    ControlPlaneError,
    ControlPlaneUnavailableError,
    ReauthorizationRequiredError,
    RequestRefusedError,
    UnknownConnectionError,
)
from clustera_toolkit.control_plane.retry import Schedule
from clustera_toolkit.timing import REAL_TIMING, Timing

__all__ = [
    "REAL_TIMING",
    "AccessGrant",
    "AnswerError",
    "ClientRefusedError",
    "ControlPlaneClient",
    "ControlPlaneError",
    "ControlPlaneUnavailableError",
    "ReauthorizationRequiredError",
    "RequestRefusedError",
    "Schedule",
    "Timing",
    "UnknownConnectionError",
]
