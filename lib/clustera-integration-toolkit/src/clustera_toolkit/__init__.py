"""What every Clustera integration needs and none should write again.

In: a process's environment, Kafka topics, an object store. Out: settings that are checked, logs without secrets,
message envelopes with stable identities, payloads of any size, and brokers to test against.

- `bootstrap`: settings and logging of a process
- `kafka`: consumers, transactional producers, the embedded broker
- `message`: envelopes, identities, times and trace contexts
- `storage`: objects in S3, Google Cloud Storage, Azure or a directory
- `idempotency`: what was seen lately
- `control_plane` (also `secrets`): access tokens of connections from a control plane
- `testing`: Apache Kafka for tests

Importing the package imports none of its parts: each costs only those who use it.
"""

__all__ = ["bootstrap", "control_plane", "idempotency", "kafka", "message", "secrets", "storage"]
