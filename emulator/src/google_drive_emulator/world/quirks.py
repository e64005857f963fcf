"""What Drive does quietly and never promised: switches in, behaviour elsewhere out (facts A4, A5, A8)."""

import msgspec


class Quirks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of Drive's quiet habits this world has. The defaults are the likely ones; none loses data by itself.

    ``listing_lag_ms``: a new item is missing from listings for so long, though not from the change log.
    ``repeat_ids``: each page of a listing but the first begins with the last item of the page before.
    ``hide_link_children``: what is reached by a link only is in no listing until it was opened.
    ``item_changes_in_user_log``: a member's own log tells of items of shared drives too.
    ``views_log_changes``: opening a file makes an entry in the log of who opened it.
    ``comments_log_changes``: a comment makes an entry for its file.
    ``incomplete_revisions``: revisions of documents are merged, so that only every third is listed.
    ``starred_order_fails``: ``orderBy`` with ``starred`` in second or third place answers 500.
    ``pages_may_be_empty``: some pages of files and of changes are empty, with a token to go on.
    """

    listing_lag_ms: int = 0
    repeat_ids: bool = False
    hide_link_children: bool = True
    item_changes_in_user_log: bool = False
    views_log_changes: bool = False
    comments_log_changes: bool = False
    incomplete_revisions: bool = False
    starred_order_fails: bool = True
    pages_may_be_empty: bool = False
