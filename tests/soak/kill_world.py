"""The world the kills happen in: two databases, the simulator as a process, the receiver as a process, people."""

import asyncio
import base64
import json
import mmap
import os
import random
import signal
import socket
import subprocess
import sys
import time
import traceback
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import uvicorn

from rulecast.config import Settings, load_settings
from rulecast.database import Connection, Database
from rulecast.database.migrate import KEYS_DIRECTORY, MAIN_DIRECTORY
from rulecast.gate.coupons.declared import DeclaredPool
from rulecast.receiver import build_receiver
from rulecast.rule.language import parse_rule
from rulecast.values.clock import read_clock
from rulecast.values.failpoints import Failpoint, Failpoints
from rulecast.values.ids import BusinessNumberId
from rulecast.vault import open_vault
from rulecast.wiring.coupons import import_coupons
from rulecast.wiring.workspace import Workspace, open_workspace
from tests.database import cloned_database
from tests.sending import (
    COMPONENTS,
    approve_plan,
    launch,
    prepare_number,
    prepare_people,
    write_plan,
)

NUMBERS = (BusinessNumberId("100000000000001"), BusinessNumberId("100000000000002"))
START = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
# Statuses come within virtual seconds; at this speed a real second sees them all.
SPEED = 20.0
BEHAVIOUR = {
    "without_whatsapp_rate": 0.0,
    "capped_rate": 0.0,
    "delivered_rate": 1.0,
    "read_rate": 0.5,
    "reply_rate": 0.0,
    "button_rate": 0.0,
    "stop_text_rate": 0.0,
    "stop_button_rate": 0.0,
    "prefers_stop_rate": 0.0,
    "click_rate": 0.0,
    "preview_bot_rate": 0.0,
    "delivered_sigma": 0.2,
    "read_sigma": 0.2,
    "sent_seconds_min": 0.1,
    "sent_seconds_max": 2.0,
    "delivered_seconds_median": 2.0,
    "delivered_seconds_max": 8.0,
    "read_seconds_median": 2.0,
    "read_seconds_max": 8.0,
}
READY_SECONDS_MAX = 30.0
POOL = "winback_codes"
# People of a plan that is launched while its process dies.
PEOPLE_PER_PLAN = 3
RECEIVER_POINTS = (
    Failpoint.BEFORE_WEBHOOK_STORE,
    Failpoint.AFTER_WEBHOOK_STORE,
    Failpoint.BEFORE_STATUS_MERGE,
    Failpoint.AFTER_STATUS_MERGE,
    Failpoint.BEFORE_JOURNAL_APPEND,
    Failpoint.AFTER_JOURNAL_APPEND,
    Failpoint.AFTER_WEBHOOK_COMMIT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a drill needs to know of the world."""

    settings: Settings
    simulator_url: str
    ledger: Path
    receiver: "ReceiverProcess"
    # By number, the plans that wait for their launch.
    plans: Mapping[str, list[int]]

    def control(self, path: str, body: object) -> Any:
        request = urllib.request.Request(
            f"{self.simulator_url}/_control/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def query(self, text: str, *parameters: object) -> list[tuple[Any, ...]]:
        assert self.settings.database_url is not None
        with psycopg.connect(self.settings.database_url) as connection:
            return connection.execute(text.encode(), parameters).fetchall()

    def requests(self) -> list[dict[str, Any]]:
        """Return every message the simulator was asked for, from its own ledger."""
        return [row for row in self.rows() if row["kind"] == "request"]

    def rows(self) -> list[dict[str, Any]]:
        """Return the simulator's own ledger; a line it is writing is left out."""
        rows = []
        for line in self.ledger.read_text().splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
        return rows

    def look(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.simulator_url}/_control/{path}", timeout=60) as answer:
            return json.load(answer)


@contextmanager
def cloned_databases() -> Iterator[tuple[str, str]]:
    """Clone both databases on the server all tests share; nobody may kill that one."""
    with cloned_database(MAIN_DIRECTORY) as main, cloned_database(KEYS_DIRECTORY) as keys:
        yield main, keys


@contextmanager
def open_world(
    directory: Path,
    *,
    people_per_number: int,
    databases: Callable[[], AbstractContextManager[tuple[str, str]]] = cloned_databases,
    behaviour: Mapping[str, float] = BEHAVIOUR,
    per_second: int = 1000,
    plans_per_number: int = 0,
) -> Iterator[World]:
    """Start everything, make the people, launch one run a number; stop everything afterwards.

    `databases` gives the addresses of the main and the keys database; `per_second` is what each number may send.
    """
    with ExitStack() as stack:
        main, keys = stack.enter_context(databases())
        listener = socket.create_server(("127.0.0.1", 0))
        stack.callback(listener.close)
        clock = f"virtual:{START.isoformat()}@{time.time():.3f}x{SPEED}"  # noqa: TID251 - drives the shared clock
        url, ledger = stack.enter_context(
            _simulator(directory, clock, port=listener.getsockname()[1], behaviour=behaviour)
        )
        settings = load_settings(
            {
                "RULECAST_HOME": str(directory / "home"),
                "RULECAST_DATABASE_URL": main,
                "RULECAST_KEYS_DATABASE_URL": keys,
                "RULECAST_ROOT_KEY": base64.b64encode(bytes(range(32))).decode(),
                "RULECAST_CLOCK": clock,
                "RULECAST_GRAPH_BASE_URL": url,
                "RULECAST_ACCESS_TOKEN": "simulated",
                "RULECAST_APP_SECRET": "kills-secret",
                "RULECAST_VERIFY_TOKEN": "kills",
                "RULECAST_DATABASE_POOL_SIZE": "6",
            }
        )
        receiver = ReceiverProcess(settings, listener)
        plans: dict[str, list[int]] = {}
        world = World(settings=settings, simulator_url=url, ledger=ledger, receiver=receiver, plans=plans)
        world.control("templates", _template())
        parse_rule("")
        plans |= asyncio.run(
            _populate(settings, people_per_number, per_second=per_second, plans_per_number=plans_per_number)
        )
        receiver.start()
        stack.callback(receiver.end)
        yield world


@contextmanager
def _simulator(
    directory: Path, clock: str, *, port: int, behaviour: Mapping[str, float]
) -> Iterator[tuple[str, Path]]:
    behaviour_file = directory / "behaviour.json"
    behaviour_file.write_text(json.dumps(behaviour))
    arguments = [
        "--state-dir",
        str(directory / "simulator"),
        "--app-secret",
        "kills-secret",
        "--clock",
        clock,
    ]
    arguments += ["--webhook-url", f"http://127.0.0.1:{port}/webhook", "--behaviour", str(behaviour_file)]
    for number in NUMBERS:
        arguments += ["--number", f"{number}:1000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "cloud_api_simulator", *arguments],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        yield ready["url"], Path(ready["ledger"])
    finally:
        process.terminate()
        process.wait(timeout=READY_SECONDS_MAX)
        process.stdout.close()


def _plain(button: dict[str, Any]) -> dict[str, Any]:
    """Return a button without what only rulecast writes into it."""
    return {name: value for name, value in button.items() if name not in {"opt_out", "link"}}


def _template() -> dict[str, Any]:
    components = [
        {**one, "buttons": [_plain(button) for button in one["buttons"]]} if "buttons" in one else one
        for one in COMPONENTS
    ]
    return {
        "name": "winback",
        "language": "fr",
        "category": "MARKETING",
        "parameter_format": "NAMED",
        "components": components,
    }


async def _populate(
    settings: Settings, people_per_number: int, *, per_second: int, plans_per_number: int
) -> dict[str, list[int]]:
    plans: dict[str, list[int]] = {}
    async with open_workspace(settings, actor="kills") as workspace:
        codes = "\n".join(f"RC-{one:06d}" for one in range(people_per_number))
        await import_coupons(workspace, DeclaredPool(name=POOL), source="codes.csv", text=codes)
        for position, number in enumerate(NUMBERS):
            async with workspace.database.transaction() as connection:
                await prepare_number(connection, number=number, per_second=per_second)
                people = await prepare_people(
                    workspace, connection, people_per_number, first=position * people_per_number
                )
                # The people of the first number each get a code as well.
                said = f"coupon from {POOL}" if position == 0 else 'first_name or "client"'
                name = f"winback_{position}"
                await launch(workspace, connection, people, name=name, number=number, said=said)
                first = len(NUMBERS) * people_per_number + position * plans_per_number * PEOPLE_PER_PLAN
                plans[number] = [
                    await _approved_plan(
                        workspace,
                        connection,
                        number,
                        f"later_{position}_{place}",
                        first=first + place * PEOPLE_PER_PLAN,
                    )
                    for place in range(plans_per_number)
                ]
        async with workspace.database.transaction() as connection:
            await connection.execute(_DOUBT_LOG)
    return plans


async def _approved_plan(
    workspace: Workspace, connection: Connection, number: BusinessNumberId, name: str, *, first: int
) -> int:
    people = await prepare_people(workspace, connection, PEOPLE_PER_PLAN, first=first)
    plan_id, _ = await write_plan(workspace, connection, people, name=name, number=number)
    await approve_plan(workspace, connection, plan_id)
    return plan_id


# When a message came into doubt, and when a status settled it, in real seconds: the clock of the drill runs faster.
_DOUBT_LOG = """
    CREATE TABLE public.doubt (message_id bigint NOT NULL, began_at timestamptz NOT NULL, settled_at timestamptz);
    CREATE FUNCTION public.note_doubt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.state = 'unknown' THEN
            INSERT INTO public.doubt VALUES (NEW.message_id, clock_timestamp());
        ELSE
            UPDATE public.doubt SET settled_at = clock_timestamp()
            WHERE message_id = NEW.message_id AND settled_at IS NULL;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_doubt AFTER UPDATE OF state ON deliver.message FOR EACH ROW
        WHEN (OLD.state <> NEW.state AND (NEW.state = 'unknown' OR OLD.state = 'unknown'))
        EXECUTE FUNCTION public.note_doubt();
"""


class ReceiverProcess:
    """The receiver: a process that dies where it is told to, and can be started again on the same socket."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        # One byte that parent and child share: the place of the point at which it is to die, counted from 1.
        self._armed = mmap.mmap(-1, 1)
        self._pid = 0

    @property
    def is_armed(self) -> bool:
        return self._armed[0] != 0

    def start(self) -> None:
        self._armed[0] = 0
        self._pid = os.fork()
        if self._pid == 0:
            _receive(self._settings, self._listener, self._failpoints())

    def arm(self, point: Failpoint) -> None:
        """Let it die the next time it comes to this point."""
        self._armed[0] = RECEIVER_POINTS.index(point) + 1

    def is_dead(self) -> bool:
        """Return whether it has died, and forget it then."""
        if self._pid and os.waitpid(self._pid, os.WNOHANG)[0]:
            self._pid = 0
        return self._pid == 0

    def end(self) -> None:
        if not self.is_dead():
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def _failpoints(self) -> Failpoints:
        async def meet(point: Failpoint) -> None:
            if self._armed[0] == RECEIVER_POINTS.index(point) + 1:
                os.kill(os.getpid(), signal.SIGKILL)

        return Failpoints(dict.fromkeys(RECEIVER_POINTS, meet))


def _receive(settings: Settings, listener: socket.socket, failpoints: Failpoints) -> None:
    """Be the receiver, in a process of its own, until killed."""

    async def serve() -> None:
        async with open_light(settings) as workspace:
            await _server(workspace, failpoints).serve(sockets=[listener])

    try:
        silence()
        asyncio.run(serve())
    except BaseException:  # noqa: BLE001 - a forked child has nobody above it
        traceback.print_exc()
    finally:
        os._exit(0)


def _server(workspace: Workspace, failpoints: Failpoints) -> uvicorn.Server:
    application = build_receiver(workspace, failpoints=failpoints)
    return uvicorn.Server(uvicorn.Config(application, access_log=False, log_config=None, http="httptools"))


@asynccontextmanager
async def open_light(settings: Settings) -> AsyncIterator[Workspace]:
    """Open the workspace without the checks of a start: this process has made them for its children."""
    assert settings.database_url is not None
    assert settings.keys_database_url is not None
    database = await Database(settings.database_url, pool_size=6).open()
    keys = await Database(settings.keys_database_url, pool_size=2).open()
    try:
        yield Workspace(
            settings=settings,
            clock=read_clock(settings.clock),
            database=database,
            keys_database=keys,
            vault=await open_vault(settings, keys),
            random=random.SystemRandom(),
            actor="kills",
            workspace_id=UUID(int=0),
            name=settings.workspace,
            mode="simulated",
            billing_currency="USD",
            tzdata_version="",
            created_at=START,
        )
    finally:
        await database.close()
        await keys.close()


def silence() -> None:
    """Send what a child says to nowhere, unless somebody debugs."""
    if not os.environ.get("RULECAST_TEST_KILLS_LOUD"):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
