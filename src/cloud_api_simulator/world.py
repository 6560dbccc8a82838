"""Everything one running simulator knows, in one place."""

import asyncio
from dataclasses import dataclass, field

from cloud_api_simulator.chance import Chance
from cloud_api_simulator.chats import Chats
from cloud_api_simulator.clock import Clock
from cloud_api_simulator.faults import Faults
from cloud_api_simulator.http_client import HttpClient
from cloud_api_simulator.ledger import Ledger
from cloud_api_simulator.limits import PairRate, ThroughputWindow
from cloud_api_simulator.people import People
from cloud_api_simulator.scheduler import Scheduler
from cloud_api_simulator.settings import Behaviour, NumberSettings, SimulatorSettings
from cloud_api_simulator.subscriptions import App, Endpoint, Subscriptions
from cloud_api_simulator.templates import TemplateBook
from cloud_api_simulator.webhooks import WebhookSender

LINK_FETCHES_AT_ONCE_MAX = 16
"""Connections of simulated people to the link server; a queue forms behind them."""


@dataclass(slots=True)
class Number:
    """A business number with its throughput window."""

    settings: NumberSettings
    window: ThroughputWindow


@dataclass(slots=True, kw_only=True)
class World:
    """The state that requests, people and control requests share."""

    settings: SimulatorSettings
    clock: Clock
    chance: Chance
    ledger: Ledger
    scheduler: Scheduler
    sender: WebhookSender
    people: People
    faults: Faults
    behaviour: Behaviour
    numbers: dict[str, Number]
    update_count: int
    link_client: HttpClient = field(
        default_factory=lambda: HttpClient(connections_max=LINK_FETCHES_AT_ONCE_MAX)
    )
    templates: TemplateBook = field(default_factory=TemplateBook)
    chats: Chats = field(default_factory=Chats)
    pairs: PairRate = field(default_factory=PairRate)
    account_error: int | None = None
    number_errors: dict[str, int] = field(default_factory=dict)
    template_count: int = 0
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is scheduled, undelivered, being or being fetched."""
        return not (len(self.scheduler) or self.sender.undelivered or self.tasks)

    def reset(self) -> None:
        """Forget people, templates, faults, limits, chats and everything scheduled; the ledger says so."""
        self.scheduler.clear()
        self.sender.forget()
        self.sender.subscriptions.forget()
        self.sender.settings = self.settings.webhooks
        self.people.forget()
        self.templates.clear()
        self.chats.clear()
        self.faults.replace([])
        self.pairs = PairRate()
        self.account_error = None
        self.number_errors.clear()
        self.behaviour = self.people.behaviour = self.settings.behaviour
        self.ledger.write("reset", {})


def build_world(settings: SimulatorSettings, clock: Clock) -> World:
    """Return the world of a new simulator; opens its ledger."""
    chance = Chance(settings.seed)
    ledger = Ledger(settings.state_dir, clock)
    return World(
        settings=settings,
        clock=clock,
        chance=chance,
        ledger=ledger,
        scheduler=Scheduler(clock),
        sender=WebhookSender(
            subscriptions=Subscriptions(
                App(
                    app_id=settings.app_id,
                    endpoint=Endpoint(
                        url=settings.webhook_url,
                        secret=settings.app_secret.encode(),
                        verify_token=settings.verify_token,
                        app_id=settings.app_id,
                    ),
                )
            ),
            waba_id=settings.waba_id,
            settings=settings.webhooks,
            clock=clock,
            ledger=ledger,
        ),
        people=People(chance, settings.behaviour),
        faults=Faults(chance),
        behaviour=settings.behaviour,
        # Ids go on from the ledger's size, so that they stay unique over restarts on one state directory.
        update_count=ledger.size_at_start,
        numbers={
            number.phone_number_id: Number(number, ThroughputWindow(number.throughput_per_second))
            for number in settings.numbers
        },
    )
