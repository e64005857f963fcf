"""The tables, a module for each thing that is remembered. To import this is to know them all, as alembic has to."""

from drive_control_plane.database.tables.audit import AuditEntry
from drive_control_plane.database.tables.channels import Channel
from drive_control_plane.database.tables.clients import MachineClient
from drive_control_plane.database.tables.connections import Connection, ConnectionStatus, Credential, CredentialKind
from drive_control_plane.database.tables.flows import ConnectFlow
from drive_control_plane.database.tables.operators import (
    FailedAttempt,
    Operator,
    OperatorSession,
    Role,
    SetupLink,
    Tenant,
)
from drive_control_plane.database.tables.progress import (
    Alert,
    AppliedOffset,
    Corpus,
    Job,
    JobStatus,
    MinuteCount,
    RecentError,
)

__all__ = [
    "Alert",
    "AppliedOffset",
    "AuditEntry",
    "Channel",
    "ConnectFlow",
    "Connection",
    "ConnectionStatus",
    "Corpus",
    "Credential",
    "CredentialKind",
    "FailedAttempt",
    "Job",
    "JobStatus",
    "MachineClient",
    "MinuteCount",
    "Operator",
    "OperatorSession",
    "RecentError",
    "Role",
    "SetupLink",
    "Tenant",
]
