"""Real and embedded Kafka brokers for tests.

In: a machine with Java 17 and Maven (for Apache Kafka) or nothing at all (for the embedded broker). Out:
running brokers, as classes and as the pytest fixtures `apache_kafka`, `embedded_broker`, `any_broker` and
`topic_names`.
"""
