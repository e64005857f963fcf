"""Connections: what is followed, by which grant, and what workers are told of it."""
