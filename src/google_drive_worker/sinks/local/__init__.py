"""Batches into one local file, without Kafka.

In: batches of one connection. Out: a SQLite database or a JSON Lines file, and how far it is: records and checkpoint
are committed together (SQLite), or the checkpoint after the records (JSON Lines: at least once).
"""
