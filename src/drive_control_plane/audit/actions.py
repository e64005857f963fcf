"""What the actions in the audit log mean.

In: the name of an action. Out: a sentence. A test holds the names against the program's source.
"""

from collections.abc import Mapping
from typing import Final

MEANINGS: Final[Mapping[str, str]] = {
    "access_token.given": "A worker got an access token to Google: the first of an hour, of a client and a connection",
    "audit.exported": "The audit log was taken away as a file",
    "audit.read": "The audit log was read: the first time in an hour",
    "channel.opened": "A push channel was opened at Google",
    "channel.refused": "Google refuses push channels for a connection",
    "channel.stopped": "A push channel was stopped",
    "client.created": "A machine's client was made",
    "client.disabled": "A machine's client was disabled",
    "client.rotated": "A machine's client got a new secret",
    "connection.cancelled": "The work that was wanted of a connection was given up",
    "connection.changed": "Name, settings or schedule of a connection were changed",
    "connection.confirmed": "A removal that waited was confirmed",
    "connection.connected": "An account was connected",
    "connection.consent_failed": "Consent at Google failed",
    "connection.consent_started": "Somebody was sent to Google for consent",
    "connection.disconnected": "A connection was ended",
    "connection.full_requested": "A connection is to be listed anew",
    "connection.grant_refused": "Google no longer accepts a connection's grant",
    "connection.incremental_requested": "A look for changes was asked for",
    "connection.key_refused": "The key of a service account was tried out, and refused",
    "connection.key_replaced": "A connection got another key of a service account",
    "connection.key_tried_again": "The key of a service account was tried out again",
    "connection.names_read": "Names of files or folders were looked at: the first time in an hour",
    "connection.paused": "A connection was paused",
    "connection.reconnected": "A connection got a new grant",
    "connection.resnapshot_requested": "Some folders are to be read again",
    "connection.resumed": "A connection was resumed",
    "connection.set_aside": "The schedule of a connection cannot be followed",
    "connection.status_changed": "The worker reported another status",
    "credential.deleted": "The credential of a connection was forgotten",
    "dead_letters.replayed": "Messages that the worker could not apply were sent to it again",
    "grant.given_back": "A grant that could not be used was revoked at Google",
    "keys.rotated": "Secrets were encrypted by the newest key",
    "operator.created": "Somebody opened an invitation and made an account",
    "operator.disabled": "An account was disabled, and signed out everywhere",
    "operator.enabled": "An account may be used again",
    "operator.invitation_withdrawn": "An invitation was withdrawn",
    "operator.invited": "A link for a new account was made",
    "operator.locked_out": "Too many failed sign-ins: the account has to wait",
    "operator.password_changed": "Somebody changed their password",
    "operator.role_changed": "An account got another role",
    "operator.session_ended": "A sign-in ended by itself",
    "operator.sessions_ended": "An account was signed out everywhere",
    "operator.signed_in": "Somebody signed in, or tried to",
    "operator.signed_out": "Somebody signed out",
    "request.refused": "A role or a scope was not enough: the first of an hour, of somebody and what they wanted",
    "token.granted": "A machine got a token for this control plane, or tried to",
}


def meaning_of(action: str) -> str:
    """A sentence; for an action of another version its own name."""
    return MEANINGS.get(action, action)
