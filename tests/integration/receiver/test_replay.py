"""The corpus of webhooks through the real endpoint: nothing lost, nothing crashes, repeats change nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.webhooks.cases import AT, BSUID, PHONE
from tests.webhooks.corpus import FOLDER, cases

from rulecast.__main__ import ROLES, run_receiver_role
from rulecast.cli.app import run_command
from rulecast.cli.collect import row_of, sums_of
from rulecast.receiver.signature import AppSecretMissingError
from rulecast.values.clock import ManualClock
from rulecast.wiring.replay_webhooks import ReplayFolderError, ReplayOrder, replay_webhooks
from rulecast.wiring.roles import Post
from rulecast.wiring.workspace import Workspace


@pytest.fixture
def replayed(workspace: Workspace, clock: ManualClock) -> Workspace:
    """A workspace on the day the corpus was sent, so that what it tells is acted upon."""
    clock.set(datetime.fromtimestamp(AT + 60, UTC))
    return workspace


async def test_the_whole_corpus_is_stored_and_only_what_is_broken_quarantined_f40_f41(
    replayed: Workspace,
) -> None:
    rows = await replay_webhooks(replayed, ReplayOrder(folder=FOLDER), receiver=run_receiver_role)
    wanted = {f"{case.name}.json": case for case in cases()}
    assert {row.name for row in rows} == wanted.keys()
    for row in rows:
        case = wanted[row.name]
        assert (row.is_stored, row.crashed, row.refused, row.posts) == (True, "", "", 1), row.name
        assert bool(row.quarantined) == bool(case.broken), row.name
        assert case.broken in row.quarantined
        assert (dict(row.facts), dict(row.unread)) == (case.facts, case.unread), row.name
    sums = sums_of(rows)
    broken = sum(bool(case.broken) for case in wanted.values())
    assert (sums["files"], sums["stored"], sums["quarantined"], sums["crashed"]) == (
        len(wanted),
        len(wanted),
        broken,
        0,
    )
    first = await kept(replayed)
    order = ReplayOrder(folder=FOLDER, is_twice=True, is_split=True, is_merged=True, shuffle_seed=7)
    again = sums_of(await replay_webhooks(replayed, order, receiver=run_receiver_role))
    assert (again["stored"], again["crashed"], again["refused"]) == (again["files"], 0, 0)
    assert {kind: count * 2 for kind, count in sums["facts"].items()} == again["facts"]  # type: ignore[attr-defined]  # sums are printed as they are
    assert await kept(replayed) == first


async def kept(workspace: Workspace) -> list[tuple[str, int]]:
    """Return how many messages were received, edited and revoked."""
    async with workspace.database.connection() as connection:
        rows = await connection.execute(
            "SELECT name, count(*) FROM collect.event WHERE name LIKE 'message%' GROUP BY name ORDER BY name"
        )
        return await rows.fetchall()


async def test_a_list_beside_the_bodies_is_not_sent_and_old_facts_are_counted(
    replayed: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "index.json").write_bytes(b'[{"file": "old.json"}]')
    (tmp_path / "old.json").write_bytes((FOLDER / "envelope_of_a_dashboard_test.json").read_bytes())
    (tmp_path / "notes.txt").write_bytes(b"no body")
    rows = await replay_webhooks(replayed, ReplayOrder(folder=tmp_path), receiver=run_receiver_role)
    index, old = (row_of(row) for row in rows)
    assert (index["file"], index["skipped"], index["posts"]) == ("index.json", "a list, no webhook body", 0)
    assert (old["stored"], old["facts"], old["too_old"]) == (True, {"message/text": 1}, 1)
    assert sums_of(rows)["files"] == 1


async def test_a_receiver_that_does_not_start_ends_the_replay_at_once(replayed: Workspace) -> None:
    async def broken(post: Post) -> None:
        assert post.listener is not None
        raise AppSecretMissingError

    with pytest.raises(AppSecretMissingError):
        await replay_webhooks(replayed, ReplayOrder(folder=FOLDER), receiver=broken)


async def test_a_folder_without_bodies_is_refused(replayed: Workspace, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ReplayFolderError):
            await replay_webhooks(replayed, ReplayOrder(folder=folder), receiver=run_receiver_role)


def test_the_command_prints_a_line_for_each_file_and_the_sums(
    environment: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("batch_with_one_bad_status", "preference_stop", "referral_of_an_ad"):
        (tmp_path / f"{name}.json").write_bytes((FOLDER / f"{name}.json").read_bytes())
    asked = ["collect", "replay", str(tmp_path), "--json", "--twice", "--shuffle", "4"]
    assert run_command(asked, environment, roles=ROLES) == 0
    printed = capfd.readouterr()
    *files, sums = (json.loads(line) for line in printed.out.splitlines())
    assert [one["file"] for one in files] == sorted(path.name for path in tmp_path.glob("*.json"))
    assert [one["quarantined"] for one in files] == ["statuses: without a message id", "", ""]
    assert sums["facts"] == {"message/text": 2, "preference/stop": 2, "status/read": 2, "status/sent": 2}
    counted = {name: sums[name] for name in ("files", "stored", "quarantined", "crashed", "refused", "posts")}
    assert counted == {"files": 3, "stored": 3, "quarantined": 1, "crashed": 0, "refused": 0, "posts": 6}
    for secret in (PHONE, BSUID, "wamid", "Sheena", "I saw your ad"):
        assert secret not in printed.out + printed.err
    assert run_command(asked[:3], environment, roles=ROLES) == 0
    assert "3 files, 3 stored, 1 quarantined" in capfd.readouterr().out
    assert run_command(asked[:3], environment) != 0
    assert "RC-REPLAY-002" in capfd.readouterr().err
