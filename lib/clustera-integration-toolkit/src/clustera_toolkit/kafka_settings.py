"""How Kafka is connected to, as settings that every program reads by the same names.

In: the environment. Out: what librdkafka needs to connect. The names are Kafka's own words; nothing here imports it.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings

__all__ = ["KafkaConnectionSettings"]


class KafkaConnectionSettings(BaseSettings):
    """TLS and SASL; a program's own settings stand beside them."""

    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: str | None = None
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_ssl_ca_location: str | None = None

    @property
    def kafka_connection(self) -> Mapping[str, str | int | bool]:
        """What every Kafka client needs to connect, by librdkafka's names; holds the password."""
        secret = self.kafka_sasl_password
        given = {
            "security.protocol": self.kafka_security_protocol,
            "sasl.mechanisms": self.kafka_sasl_mechanism,
            "sasl.username": self.kafka_sasl_username,
            "sasl.password": secret.get_secret_value() if secret else None,
            "ssl.ca.location": self.kafka_ssl_ca_location,
        }
        return {name: value for name, value in given.items() if value is not None}
