"""What a person should do about an error code of the worker (docs/operations.md, "Errors").

In: a code. Out: a sentence: for the codes that stop a connection until somebody acts, and for those that do not.
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


_NOTHING = "Nothing at first: it is tried again, and the next run goes on where this one stopped."
_BUSY = "Nothing at first: it is tried again. If it is often: see that the worker's limits are those of your project."
_NETWORK = "Nothing at first: it is tried again. If it is often: look at the worker's way out to Google."
_CONTROL_PLANE = (
    "See that the worker has the address of this control plane and a client of it (CONTROL_PLANE_BASE_URL, "
    "CONTROL_PLANE_CLIENT_ID, CONTROL_PLANE_CLIENT_SECRET). It tries again."
)
_ITEM = "Nothing, or look at the item in Drive: this one is left out, everything else goes on."
_SHARING = "Nothing, or have the account given access to the item: this one is left out, everything else goes on."
_LISTED_ANEW = "Nothing: what it belongs to is listed anew. If it is often: report it."
_LETTER = "A message to the worker could not be used: see the dead letters below, mend what sends it, send it again."

_OTHERS = {
    **dict.fromkeys(("rate_limited", "quota_exceeded", "quota_queue_full", "sharing_limited"), _BUSY),
    **dict.fromkeys(("backend_error", "token_backend_error", "unexpected_status"), _NOTHING),
    **dict.fromkeys(("network", "malformed_response"), _NETWORK),
    "control_plane_unavailable": _CONTROL_PLANE,
    "daily_limit": "Raise the cap in the Google Cloud console, or wait: it is tried every hour until the day is over.",
    "object_store_unavailable": "Look at the worker's object store: what is too large for a message waits for it.",
    "internal_error": "A defect of the worker: report it with the worker's log. It is tried again.",
    **dict.fromkeys(("cursor_lost", "page_token_expired", "page_token_invalid"), _LISTED_ANEW),
    **dict.fromkeys(
        (
            "abusive_file",
            "download_quota_exceeded",
            "export_too_large",
            "forbidden",
            "invalid_id",
            "item_refused",
            "malformed_item",
            "not_downloadable",
            "not_exportable",
            "not_found",
            "response_too_large",
            "revision_not_downloadable",
            "revisions_not_supported",
        ),
        _ITEM,
    ),
    **dict.fromkeys(
        (
            "access_denied",
            "app_not_authorized_to_file",
            "download_forbidden",
            "drive_membership_required",
            "insufficient_file_permissions",
        ),
        _SHARING,
    ),
    "record_refused": "Kafka refuses one record, often for its size: look at `max.message.bytes` of the records topic.",
    "listing_incomplete": "List everything anew when Drive is less busy: until then nothing is taken for deleted.",
    "drive_not_visible": "Have the account made a member of the shared drive, or take it out of the settings.",
    "drives_not_visible": "Connect again with the right to read files: this consent does not show shared drives.",
    **dict.fromkeys(
        (
            "empty",
            "invalid_field",
            "missing_config",
            "not_json",
            "routing_loop",
            "unknown_folder",
            "unreadable_state",
            "unsupported_setting",
        ),
        _LETTER,
    ),
}
_UNKNOWN = "Look at the worker's log: this code is of a newer worker than this control plane."


def when_stopped(code: str) -> str | None:
    """What to do about a connection that the worker has stopped by this code; None: the code stops nothing."""
    return _STOPPED.get(code)


def about(code: str) -> str:
    """What to do about an error, whatever it stops."""
    return _STOPPED.get(code) or _OTHERS.get(code, _UNKNOWN)
