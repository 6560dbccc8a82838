"""A workspace and a stand-in for Meta, joined."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.canaries import kinds_in
from tests.graph_stub import GraphStub, graph_stub
from tests.sending import running_clock

from rulecast.config import Settings
from rulecast.wiring.workspace import Workspace, open_workspace


@pytest.fixture
async def graph() -> AsyncIterator[GraphStub]:
    async with graph_stub() as stub:
        yield stub
    assert kinds_in(" ".join(stub.paths)) == {}


@pytest.fixture
async def workspace(settings: Settings, graph: GraphStub, tmp_path: Path) -> AsyncIterator[Workspace]:
    pointed = replace(
        settings, graph_base_url=graph.base_url, access_token="test", sender_slots=40, lease_seconds=2
    )
    async with open_workspace(pointed, actor="test", clock=running_clock()) as opened:
        yield opened
