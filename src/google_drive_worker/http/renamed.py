"""The same series under the names that older dashboards use. In: a metric. Out: what it says, under another name."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.registry import Collector


class Renamed(Collector):
    """Repeats a metric as `name` (without `_total`); nothing is counted twice."""

    def __init__(self, source: Collector, name: str) -> None:
        self._source = source
        self._name = name

    def collect(self) -> Iterable[Metric]:
        """The source's families, renamed."""
        for family in self._source.collect():
            renamed = Metric(self._name, family.documentation, family.type)
            renamed.samples = [
                sample._replace(name=self._name + sample.name.removeprefix(family.name)) for sample in family.samples
            ]
            yield renamed
