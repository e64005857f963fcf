"""What the worker tells, brought into the database.

In: the topics of sync events and error records. Out: rows of corpora, jobs, errors, counts and alerts, each message
applied once; word of every connection that changed, for pages that are open.
"""
