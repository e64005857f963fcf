"""Machines that call the API: workers, and programs of a tenant (RFC 6749, client credentials).

In: a client's id and secret, later its token. Out: short-lived tokens, and for a route the `Machine` that asks.
"""
