"""History read later than with the first snapshot, for a connection whose settings have begun to want it.

In: a state. Out: a patch. A first snapshot begins the history that the settings want when it completes
(completion.py); this is for corpora that are past that. Pure.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from google_drive_worker.schemas.state import ConnectionState, Range
from google_drive_worker.sync.patch import with_corpus
from google_drive_worker.sync.plan import HISTORY


@dataclass(frozen=True, slots=True)
class BeginBackfill:
    """Have the enrichment pass go over what was there before the first snapshot, from the beginning."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Add the range to each corpus that is live; the others get it when their snapshot completes."""
        for corpus in state.corpora:
            if corpus.is_live:
                enrich = {**corpus.enrich, HISTORY: Range()}
                state = with_corpus(state, replace(corpus, enrich=enrich))
        return state
