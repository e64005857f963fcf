"""A worker that dies, or freezes, between the flush and the commit of a transaction.

Its messages are then in the log, and no marker says what they are worth. `DIE_AT`: in the transaction that holds the
record of this number. `DIE_BY`: the number of the signal, SIGKILL unless SIGSTOP is asked for, from which it may be
woken. The producer under the worker is librdkafka's, with one method that sends itself the signal first.
"""

import asyncio
import os
import signal
import threading
from functools import partial
from typing import Any

from confluent_kafka import Producer

from clustera_toolkit.bootstrap import bootstrap_environment
from clustera_toolkit.kafka import KafkaProducer
from google_drive_worker.commands.run import serve
from google_drive_worker.config import WorkerSettings
from google_drive_worker.worker import Worker


class DyingProducer(Producer):
    """Dies once, when it is about to send the offsets of the transaction."""

    records = 0
    struck = False

    def produce(self, topic: str, *arguments: Any, **named: Any) -> None:
        """Count what goes to the records topic."""
        if topic == os.environ["KAFKA_TOPIC_RECORDS"]:
            DyingProducer.records += 1
        super().produce(topic, *arguments, **named)

    def send_offsets_to_transaction(self, *arguments: Any) -> None:
        """Die, or go on."""
        if DyingProducer.records >= int(os.environ["DIE_AT"]) and not DyingProducer.struck:
            DyingProducer.struck = True
            signal.pthread_kill(threading.get_ident(), int(os.environ.get("DIE_BY", signal.SIGKILL)))
        super().send_offsets_to_transaction(*arguments)


if __name__ == "__main__":
    settings = bootstrap_environment(WorkerSettings)
    worker = partial(Worker, settings, producer_factory=partial(KafkaProducer, client=DyingProducer))

    async def main() -> None:
        """Run the worker inside a loop, which its parts need to be made."""
        await serve(worker())

    asyncio.run(main())
