"""Corpora that may hold what is theirs no more, although their own logs do not say so: they are listed anew.

In: a state, and what another log of the connection has told. Out: the state, with new snapshots wished for. Pure.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from google_drive_worker.schemas.state import ConnectionState, corpus_part


def with_scan(state: ConnectionState, name: str) -> ConnectionState:
    """Wish for a snapshot of a corpus, once the one under way is complete.

    While its log is retraced, that one is still to be listed, and what asks may be read again and again: it then asks
    only for the case that the snapshot is cancelled. One that was cancelled before it ever was live begins anew anyway.
    """
    corpus = state.corpus(name)
    if corpus is None or corpus.is_given_up:
        return state
    asked = replace(corpus, rescan_later=True) if corpus.retraces else replace(corpus, rescan=True)
    return state if asked == corpus else state.with_part(corpus_part(name), asked)


def with_scans_of_losers(state: ConnectionState, corpus: str, folders: Iterable[str]) -> ConnectionState:
    """Wish for a snapshot of each other corpus that is known to have something in one of these folders.

    They are `corpus`'s now, and what lies in them need not be seen from there (a limited folder, facts A7): it stays
    with its old corpus, whose log may have kept a later entry than that the folder is gone (facts A5).
    """
    known = [folder for name in folders if (folder := state.folders.get(name)) is not None]
    for loser in {folder.corpus for folder in known if folder.corpus != corpus and folder.children > 0}:
        state = with_scan(state, loser)
    return state
