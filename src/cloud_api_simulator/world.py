"""Everything one running simulator knows, in one place."""

import asyncio
from dataclasses import dataclass, field

from cloud_api_simulator.account_state import AccountState
from cloud_api_simulator.behaviour import Behaviour
from cloud_api_simulator.chance import Chance
from cloud_api_simulator.chats import Chats
from cloud_api_simulator.clock import Clock
from cloud_api_simulator.faults import Faults
from cloud_api_simulator.graph_state import GraphState, build_graph_state
from cloud_api_simulator.http_client import HttpClient
from cloud_api_simulator.ledger import Ledger
from cloud_api_simulator.limits import MarketingCount, PairRate, PortfolioLimit, ThroughputWindow
from cloud_api_simulator.pacing import Pacing
from cloud_api_simulator.payloads import new_wamid
from cloud_api_simulator.people import People
from cloud_api_simulator.pricing import Allowance
from cloud_api_simulator.quality import Health
from cloud_api_simulator.quirks import PLAIN, Quirks
from cloud_api_simulator.scheduler import Scheduler
from cloud_api_simulator.settings import NumberSettings, SimulatorSettings
from cloud_api_simulator.subscriptions import App, Endpoint, Subscriptions
from cloud_api_simulator.templates import Template, TemplateBook
from cloud_api_simulator.webhooks import WebhookSender

LINK_FETCHES_AT_ONCE_MAX = 16
"""Connections of simulated people to the link server; a queue forms behind them."""


@dataclass(slots=True)
class Number:
    """A business number: its throughput window, its quality, and until when it is being upgraded (virtual)."""

    settings: NumberSettings
    window: ThroughputWindow
    health: Health = field(default_factory=Health)
    upgrading_until: float = 0.0


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
    graph: GraphState
    limit: PortfolioLimit
    account: AccountState = field(default_factory=AccountState)
    quirks: Quirks = PLAIN
    marketing: MarketingCount = field(default_factory=MarketingCount)
    allowance: Allowance = field(default_factory=Allowance)
    pacing: Pacing = field(default_factory=Pacing)
    template_health: dict[str, Health] = field(default_factory=dict)
    wamid_count: int = 0
    user_wamid_count: int = 0
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

    def next_wamid(self, digits: str, *, by_user: bool = False) -> str:
        """Return a message id nobody had before, the same in every run with this seed and these requests.

        The two directions are counted apart: when people answer depends on the machine's pace.
        """
        if by_user:
            self.user_wamid_count += 1
            unique = self.chance.token("wamid of a user", str(self.user_wamid_count))
        else:
            self.wamid_count += 1
            unique = self.chance.token("wamid", str(self.wamid_count))
        return new_wamid(digits, by_user=by_user, unique=unique)

    def health_of(self, template_id: str) -> Health:
        """Return the quality of a template."""
        health = self.template_health.get(template_id)
        if health is None:
            health = self.template_health[template_id] = Health()
        return health

    def templates_deleted(self, template: Template) -> None:
        """Forget the quality and the pacing of a template that is gone."""
        self.template_health.pop(template.template_id, None)
        self.pacing.forget(template.template_id)

    def set_quirks(self, quirks: Quirks) -> None:
        """Use these oddities of webhooks from now on."""
        self.quirks = quirks
        self.sender.skew_seconds = quirks.clock_skew_seconds

    def reset(self) -> None:
        """Forget people, templates, faults, limits, chats and everything scheduled; the ledger says so."""
        self.scheduler.clear()
        self.sender.forget()
        self.sender.subscriptions.forget()
        self.sender.settings = self.settings.webhooks
        self.people.forget()
        self.templates.clear()
        self.chats.clear()
        self.graph = build_graph_state(self.settings, self.chance)
        self.faults.replace([])
        self.faults.set_triggers([])
        self.pairs = PairRate()
        self.account_error = None
        self.number_errors.clear()
        self.behaviour = self.people.behaviour = self.settings.behaviour
        self.set_quirks(PLAIN)
        self.limit = PortfolioLimit(self.behaviour.messaging_limit_tier)
        self.account, self.pacing = AccountState(), Pacing()
        self.marketing, self.allowance = MarketingCount(), Allowance()
        self.template_health.clear()
        for number in self.numbers.values():
            number.health, number.upgrading_until = Health(), 0.0
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
        wamid_count=ledger.size_at_start,
        user_wamid_count=ledger.size_at_start,
        graph=build_graph_state(settings, chance),
        limit=PortfolioLimit(settings.behaviour.messaging_limit_tier),
        numbers={
            number.phone_number_id: Number(number, ThroughputWindow(number.throughput_per_second))
            for number in settings.numbers
        },
    )
