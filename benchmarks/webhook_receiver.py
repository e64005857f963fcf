"""`webhook_receiver`: how long Google waits for the answer to a notification, at 500 a second on one core.

In: the number of runs. Out: p50, p95, p99 in milliseconds of the receiver, which answers once Kafka has the message;
the same of a route that does nothing but answer 200, the CPU time that both take, and ratios within a run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from benchmarks.barrage import Barrage, Order, fire
from benchmarks.cluster import Cluster
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure, figure
from benchmarks.notifications import percentile
from benchmarks.programs import Program
from benchmarks.stage import Stage, kafka
from benchmarks.usage import Meter

RATE = 500
SECONDS = 20
WARMING_SECONDS = 3
CHANNELS = 500
RUNS = 3
PERCENTS = (50, 95, 99)
_START_SECONDS = 60.0


class _Message(msgspec.Struct):
    message_id: str


_MESSAGE = msgspec.json.Decoder(_Message)


@dataclass(frozen=True, slots=True)
class _Served:
    milliseconds: Sequence[float]
    cpu_ms: float
    """Of each."""

    def p(self, percent: int) -> float:
        return percentile(self.milliseconds, percent)


@dataclass(frozen=True, slots=True)
class _Round:
    receiver: _Served
    bare: _Served


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    with kafka(stage) as cluster:
        rounds = [_round(stage, cluster, number) for number in range(1, (stage.runs or RUNS) + 1)]
    return [
        *_figures("webhook_receiver.", [each.receiver for each in rounds]),
        *_figures("webhook_receiver.bare_", [each.bare for each in rounds]),
        *(
            figure(
                f"webhook_receiver.p{percent}_ratio_to_bare", "x",
                [each.receiver.p(percent) / each.bare.p(percent) for each in rounds], higher_is_better=False,
            )
            for percent in PERCENTS
        ),
        figure(
            "webhook_receiver.cpu_ratio_to_bare", "x",
            [each.receiver.cpu_ms / each.bare.cpu_ms for each in rounds], higher_is_better=False,
        ),
    ]  # fmt: skip


def _figures(name: str, served: Sequence[_Served]) -> list[Figure]:
    times = [
        figure(f"{name}p{percent}_ms", "ms", [each.p(percent) for each in served], higher_is_better=False)
        for percent in PERCENTS
    ]
    return [*times, figure(f"{name}cpu_ms", "ms", [each.cpu_ms for each in served], higher_is_better=False)]


def _round(stage: Stage, cluster: Cluster, number: int) -> _Round:
    topic = f"webhook-receiver-{number}"
    cluster.create_records_topic(topic)
    done = _Round(_serve(stage, cluster, topic), _serve(stage, cluster, None))
    for title, served in (("receiver", done.receiver), ("bare route", done.bare)):
        told = ", ".join(f"p{percent} {served.p(percent):.1f} ms" for percent in PERCENTS)
        stage.screen.say(f"webhook_receiver run {number}, {title}: {told}, {served.cpu_ms:.2f} ms of a core each")
    _check(cluster, topic)
    return done


def _serve(stage: Stage, cluster: Cluster, topic: str | None) -> _Served:
    order = Order(cluster.bootstrap_servers, str(stage.directory), CHANNELS, topic)
    arguments = [msgspec.json.encode(order).decode()]
    title = "notifications" if topic is not None else "the bare route"
    with (
        Program("benchmarks.webhook_server", arguments, directory=stage.directory) as program,
        stage.screen.bar(title, RATE * SECONDS) as advance,
    ):
        program.until(lambda: "\n" in program.output, "listening", _START_SECONDS)
        url = program.output.split()[-1]
        warming = RATE * WARMING_SECONDS
        fire(Barrage(url, RATE, warming, CHANNELS), lambda _: None)
        meter = Meter(program.pid)
        times = fire(Barrage(url, RATE, RATE * SECONDS, CHANNELS, warming // CHANNELS), advance)
        return _Served(times, meter.cpu_seconds * 1000 / len(times))


def _check(cluster: Cluster, topic: str) -> None:
    """Every change is in Kafka, none twice; the first of each channel is `sync`, which is not published."""
    found = cluster.read_back(topic, lambda _, value: _MESSAGE.decode(value).message_id)
    expected = RATE * (SECONDS + WARMING_SECONDS) - CHANNELS
    if len(found.ids) != expected or found.messages != expected:
        raise BenchmarkError(f"{expected} changes were notified, {len(found.ids)} of them are in Kafka")
