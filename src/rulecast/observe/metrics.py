"""Figures in the text format of Prometheus."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Gauge, generate_latest

PREFIX = "rulecast_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One figure of one metric; the same metric always has the same labels."""

    name: str
    about: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def render_metrics(samples: Iterable[Sample]) -> str:
    """Return samples as a scrape or the textfile collector of the node exporter reads them."""
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for sample in samples:
        gauge = gauges.get(sample.name)
        if gauge is None:
            names = sorted(sample.labels)
            gauge = gauges[sample.name] = Gauge(PREFIX + sample.name, sample.about, names, registry=registry)
        (gauge.labels(**sample.labels) if sample.labels else gauge).set(sample.value)
    return generate_latest(registry).decode()
