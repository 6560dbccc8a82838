"""Every benchmark by name; an explicit table, so that reading it tells what is measured."""

import argparse
from collections.abc import Callable

from benchmarks import (
    analyse,
    audience,
    contact_import,
    plan,
    send,
    simulator,
    stop,
    trigger,
    trigger_latency,
    webhook,
)
from benchmarks.result import Result

BENCHMARKS: dict[str, Callable[[argparse.Namespace], Result]] = {
    "analyse": analyse.measure,
    "audience": audience.measure,
    "audience-behaviour": audience.measure_behaviour,
    "plan": plan.measure,
    "send": send.measure,
    "simulator": simulator.measure,
    "stop": stop.measure,
    "webhook": webhook.measure,
    "import": contact_import.measure,
    "trigger": trigger.measure,
    "trigger_latency": trigger_latency.measure,
}
