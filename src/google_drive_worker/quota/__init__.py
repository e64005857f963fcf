"""Whose turn it is to call Drive. In: calls with a price, a lane, a user, a connection. Out: their turn.

The way of a call::

    gate        waits, wakes, cancels: the only module that awaits
      -> turns      who is next: lanes first, connections by turns within one
      -> ledger     may it be paid now: the user's, the project's, the day's and the replica's meters
        -> meter        one limit: its window, its pace, what Drive's refusals taught, its pauses
          -> window, pace, estimate, pause

Where replicas share the limits, one more pays beside the ledger::

    leased_ledger   the ledger, and a lease for each limit that is shared
      -> lease          what this replica may spend of one limit before it has to ask
    sharing         brings the leases: beside the gate the only module that awaits
      -> shared_books   what is asked and answered
        -> redis_books, leases.lua   where that is kept, for all replicas at once

``opening`` puts them together. All but the gate and those that reach Redis is arithmetic over a time that is passed in.
Times are seconds of one monotonic clock.
"""
