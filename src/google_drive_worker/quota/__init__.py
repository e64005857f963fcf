"""Whose turn it is to call Drive. In: calls with a price, a lane, a user, a connection. Out: their turn.

The way of a call::

    gate        waits, wakes, cancels: the only module that awaits
      -> turns      who is next: lanes first, connections by turns within one
      -> ledger     may it be paid now: the user's, the project's, the day's and the replica's meters
        -> meter        one limit: its window, its pace, what Drive's refusals taught, its pauses
          -> window, pace, estimate, pause

All but the gate is arithmetic over a time that is passed in. Times are seconds of one monotonic clock.
"""
