"""What a person should do about an error code of the worker (docs/operations.md, "Errors").

In: a code. Out: a sentence, for the codes that stop a connection until somebody acts.
"""

CONSENT = "Google does not take the consent of this account any more: connect it again; it goes on where it was."
_CREDENTIAL = (
    "The worker cannot use the credential: see that it has the same CREDENTIALS_ENCRYPTION_KEYS and the OAuth client "
    "as the control plane, then press Resume."
)
_CLIENT = (
    "Google refuses the OAuth client or the project: mend it in the Google Cloud console (the client's id and secret, "
    "the Drive API enabled), then press Resume."
)
_SERVICE_ACCOUNT = (
    "The worker cannot use the service account: its newest error says what is missing. Give the connection a whole key "
    "file and the user it stands for, then press Resume."
)
_POLICY = "A Workspace administrator's policy forbids it: have this client allowed, then press Resume."
_REQUEST = "Google refuses the request itself, which is a defect of the worker: report it with the worker's log."

_STOPPED = {
    "reauthorization_required": CONSENT,
    "insufficient_scopes": CONSENT,
    "credentials_rejected": CONSENT,
    "access_token_expired": CONSENT,
    "access_token_refused": CONSENT,
    "connection_unknown": "The worker asked for tokens of a connection that is not here: see that its "
    "CONTROL_PLANE_BASE_URL is this control plane's, then press Resume.",
    "control_plane_refused": "The worker may not ask for tokens here: give it a client of the control plane "
    "(CONTROL_PLANE_CLIENT_ID, CONTROL_PLANE_CLIENT_SECRET) and this address, then press Resume.",
    "credential_missing": _CREDENTIAL,
    "credential_undecryptable": _CREDENTIAL,
    "credential_unusable": _CREDENTIAL,
    "oauth_client_missing": _CREDENTIAL,
    "service_account_directory_unset": _SERVICE_ACCOUNT,
    "service_account_invalid": _SERVICE_ACCOUNT,
    "service_account_not_found": _SERVICE_ACCOUNT,
    "service_account_outside": _SERVICE_ACCOUNT,
    "service_account_unreadable": _SERVICE_ACCOUNT,
    "subject_missing": _SERVICE_ACCOUNT,
    "invalid_client": _CLIENT,
    "token_refused": _CLIENT,
    "api_disabled": _CLIENT,
    "domain_policy": _POLICY,
    "delegation_not_granted": _POLICY,
    "account_changed": "The consent is of another account than before, and two drives would be mixed: connect the "
    "first account again, or disconnect and begin anew.",
    "batch_refused": "Kafka refuses what the worker writes for this connection: look at `max.message.bytes` of its "
    "topics, then press Resume.",
    "connection_broken": "The worker has stopped this connection: look at its newest error, then press Resume.",
    "invalid_request": _REQUEST,
    "token_request_invalid": _REQUEST,
}


def when_stopped(code: str) -> str | None:
    """What to do about a connection that the worker has stopped by this code; None: the code stops nothing."""
    return _STOPPED.get(code)
