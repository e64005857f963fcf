"""What a domain's administrators allow: switches in, behaviour elsewhere out (facts C2)."""

import msgspec


class SharingPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom files may be shared with. By default, with anyone.

    ``share_outside``: with accounts of other domains; else 403 ``shareOutNotPermitted``.
    ``publish``: with everybody, by a link or openly; else 403 ``publishOutNotPermitted``.
    """

    share_outside: bool = True
    publish: bool = True
