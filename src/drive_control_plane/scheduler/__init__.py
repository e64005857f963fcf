"""When connections are polled, and the triggers that say so: due ones by themselves, others when somebody asks.

In: rows of `connections` and the time. Out: triggers on Kafka, each acknowledged before its row moves on.
"""
