"""Templates between the workspace and an account: registered, read, changed, paused, deleted, never overwritten."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.planning import WORKSPACE_FILE, planning_workspace
from tests.simulated import TOKEN, Bench, bench

from rulecast.account.store import list_billing_zones
from rulecast.config import Settings
from rulecast.database import fetch_value
from rulecast.template import MessageTemplate
from rulecast.template.errors import TemplateActError, TemplatePushError
from rulecast.template.registry.edit_rules import PAUSE_BY_PACING
from rulecast.template.store import list_templates, save_template_state
from rulecast.values.clock import ManualClock
from rulecast.wiring.template_acts import delete_template, edit_template, unpause_template
from rulecast.wiring.template_push import push_templates
from rulecast.wiring.template_sync import AccountSync, sync_templates
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import apply_workspace_file

WABA = "102290129340398"
MINUTE = 61


@asynccontextmanager
async def standing(
    settings: Settings, clock: ManualClock, folder: Path
) -> AsyncIterator[tuple[Workspace, Bench]]:
    """Open a workspace whose account is a simulator's."""
    async with bench(folder / "simulator") as running:
        pointed = replace(settings, graph_base_url=running.url, access_token=TOKEN)
        async with planning_workspace(pointed, clock) as workspace:
            yield workspace, running


async def templates_of(workspace: Workspace) -> dict[tuple[str, str], MessageTemplate]:
    async with workspace.database.connection() as connection:
        return {(one.name, one.language): one for one in await list_templates(connection)}


def told(account: AccountSync) -> set[tuple[str, str, str]]:
    return {(one.kind, one.name, one.language) for one in account.changes}


async def test_a_reading_adopts_reports_and_never_overwrites(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with standing(settings, clock, tmp_path) as (workspace, running):
        pushed = await push_templates(workspace)
        assert {(one.language, one.outcome, one.status) for one in pushed} == {
            ("ar", "registered", "approved"),
            ("en", "registered", "approved"),
            ("fr", "registered", "approved"),
        }
        assert {one.outcome for one in await push_templates(workspace)} == {"known"}

        (first,) = await sync_templates(workspace)
        # With its templates an account tells in which zone its days change: it need not be connected for that.
        async with workspace.database.connection() as connection:
            assert set((await list_billing_zones(connection)).values()) == {"America/Los_Angeles"}
        assert (first.outcome, first.template_count, first.unreadable_count) == ("read", 4, 0)
        assert told(first) == {("adopted", "promo", "fr")}
        (again,) = await sync_templates(workspace)
        assert (again.outcome, again.changes) == ("recent", ())

        # Somebody edits one template, deletes another, and Meta judges: all behind the workspace's back.
        other = {"type": "BODY", "text": "Hello {{name}}, 30% off everything this week."}
        footer = {"type": "FOOTER", "text": "Reply STOP to unsubscribe"}
        kept = await templates_of(workspace)
        await running.control(
            "templates",
            {
                "name": "winback",
                "language": "en",
                "category": "MARKETING",
                "parameter_format": "NAMED",
                "components": [other, footer],
            },
        )
        await running.control("template_status", {"name": "winback", "language": "fr", "status": "PAUSED"})
        clock.advance(MINUTE)
        (second,) = await sync_templates(workspace)
        found = await templates_of(workspace)
        assert told(second) >= {("differs", "winback", "en"), ("status", "winback", "fr")}
        assert found["winback", "en"].components == kept["winback", "en"].components
        assert not found["winback", "en"].is_sendable
        assert "body" in found["winback", "en"].obstacle
        assert found["winback", "fr"].usable_status == "paused"
        assert found["promo", "fr"].is_adopted
        assert found["promo", "fr"].parameters == ("1", "url3")

        # The same file again changes nothing: what Meta changed is no change of the file.
        assert await apply_workspace_file(workspace, WORKSPACE_FILE, source="workspace.toml") == []
        with pytest.raises(TemplatePushError, match=r"\(en\) .* other content .* 2 others are registered"):
            await push_templates(workspace)


async def test_an_unknown_part_is_kept_and_a_lost_template_marked(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with standing(settings, clock, tmp_path) as (workspace, running):
        await push_templates(workspace)
        strange = {
            "name": "strange",
            "language": "en",
            "category": "UTILITY",
            "components": [{"type": "BODY", "text": "Your order is here."}, {"type": "HOLOGRAM", "depth": 3}],
        }
        await running.control("templates", strange)
        (account,) = await sync_templates(workspace)
        found = await templates_of(workspace)
        assert ("adopted", "strange", "en") in told(account)
        assert found["strange", "en"].components[1] == {"type": "HOLOGRAM", "depth": 3}
        assert not found["strange", "en"].is_sendable
        assert "HOLOGRAM" in found["strange", "en"].obstacle

        await running.control(
            "templates", {**strange, "components": [{"type": "BODY", "text": "Here it is."}]}
        )
        clock.advance(MINUTE)
        (account,) = await sync_templates(workspace)
        assert ("content", "strange", "en") in told(account)
        assert (await templates_of(workspace))["strange", "en"].is_sendable

        await delete_template(workspace, "strange")
        with pytest.raises(TemplateActError, match="Meta holds no nothing"):
            await _delete_unregistered(workspace)
        clock.advance(MINUTE)
        await sync_templates(workspace)
        assert (await templates_of(workspace))["strange", "en"].status == "deleted"


async def test_a_changed_lifetime_or_category_alone_is_not_called_unchanged(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    longer = WORKSPACE_FILE.replace('name = "winback"\n', 'name = "winback"\nttl_seconds = 86400\n')
    async with standing(settings, clock, tmp_path) as (workspace, running):
        await push_templates(workspace)
        clock.advance(MINUTE)
        await sync_templates(workspace)
        await apply_workspace_file(workspace, longer, source="workspace.toml")
        (act,) = await edit_template(workspace, "winback", "en")
        assert act.done == "edited"
        lives = {
            one.language: one.ttl_seconds
            for one in running.simulator.world.templates
            if one.name == "winback"
        }
        assert lives == {"ar": None, "en": 86_400, "fr": None}
        clock.advance(MINUTE)
        await sync_templates(workspace)
        (again,) = await edit_template(workspace, "winback", "en")
        assert again.done == "unchanged"
        # Nobody changes the category of an approved template but Meta.
        useful = WORKSPACE_FILE.replace('category = "marketing"', 'category = "utility"')
        await apply_workspace_file(workspace, useful, source="workspace.toml")
        (kept,) = await edit_template(workspace, "winback", "fr")
        assert kept.done == "not edited"
        assert "takes no other category" in kept.note


async def _delete_unregistered(workspace: Workspace) -> None:
    text = WORKSPACE_FILE.replace('name = "winback"', 'name = "nothing"')
    await apply_workspace_file(workspace, text, source="workspace.toml")
    await delete_template(workspace, "nothing")


async def test_edits_and_deletions_keep_to_metas_rules(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    changed = WORKSPACE_FILE.replace("Hello {{name}}, 20%", "Hello {{name}}, 25%").replace(
        '"en"\nstatus = "approved"', '"en"'
    )
    async with standing(settings, clock, tmp_path) as (workspace, running):
        await push_templates(workspace)
        before = (await templates_of(workspace))["winback", "en"].components_hash
        await apply_workspace_file(workspace, changed, source="workspace.toml")
        with pytest.raises(TemplatePushError, match="other content"):
            await push_templates(workspace, names=["winback"])
        clock.advance(MINUTE)
        (account,) = await sync_templates(workspace)
        assert ("differs", "winback", "en") in told(account)
        acts = {one.language: one.done for one in await edit_template(workspace, "winback")}
        assert acts == {"ar": "unchanged", "en": "edited", "fr": "unchanged"}
        assert (await templates_of(workspace))["winback", "en"].status == "pending"
        clock.advance(MINUTE)
        await sync_templates(workspace)
        after = (await templates_of(workspace))["winback", "en"]
        assert after.is_sendable
        assert after.components_hash != before
        assert "25%" in str([one.body_text for one in running.simulator.world.templates])

        once_more = changed.replace("25%", "35%")
        await apply_workspace_file(workspace, once_more, source="workspace.toml")
        clock.advance(MINUTE)
        await sync_templates(workspace)
        with pytest.raises(TemplateActError, match="once in 24 hours"):
            await edit_template(workspace, "winback", "en")

        (deleted,) = await delete_template(workspace, "winback", "ar")
        assert "locked until" in deleted.note
        with pytest.raises(TemplateActError, match="is locked until"):
            await push_templates(workspace)


async def test_only_a_pause_by_pacing_ends_by_hand_and_not_at_once(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with standing(settings, clock, tmp_path) as (workspace, running):
        await push_templates(workspace)
        with pytest.raises(TemplateActError, match="not paused"):
            await unpause_template(workspace, "winback", "fr")
        fr = (await templates_of(workspace))["winback", "fr"]
        async with workspace.database.transaction() as connection:
            paused = replace(fr, status="paused", pause_title="FIRST_PAUSE")
            await save_template_state(connection, paused, now=clock.now())
        with pytest.raises(TemplateActError, match="ends by itself"):
            await unpause_template(workspace, "winback", "fr")
        async with workspace.database.transaction() as connection:
            paused = replace(fr, status="paused", pause_title=PAUSE_BY_PACING)
            await save_template_state(connection, paused, now=clock.now())
        with pytest.raises(TemplateActError, match="after five minutes"):
            await unpause_template(workspace, "winback", "fr")
        clock.advance(301)
        with pytest.raises(TemplatePushError, match=r"winback \(fr\)"):
            # The account itself never paused it, and says so.
            await unpause_template(workspace, "winback", "fr")
        world = running.simulator.world
        held = world.templates.find("winback", "fr")
        assert held is not None
        world.templates.put(replace(held, status="PAUSED", paused_at=0.0))
        world.pacing.batch_of(held.template_id).is_paused = True
        (act,) = await unpause_template(workspace, "winback", "fr")
        assert act.done == "unpaused"
        assert (await templates_of(workspace))["winback", "fr"].is_sendable


async def test_a_throttled_reading_waits_as_long_as_meta_asks(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with standing(settings, clock, tmp_path) as (workspace, running):
        running.simulator.world.graph.calls.change(active_calls_per_hour=0)
        (account,) = await sync_templates(workspace)
        assert account.outcome == "blocked"
        assert account.until is not None
        running.simulator.world.graph.calls.change(active_calls_per_hour=5_000)
        (still,) = await sync_templates(workspace)
        assert (still.outcome, still.until) == ("blocked", account.until)
        clock.set(account.until)
        bulk = {
            "language": "en",
            "category": "UTILITY",
            "components": [{"type": "BODY", "text": "It is here."}],
        }
        await running.control("templates", [{**bulk, "name": f"bulk_{count}"} for count in range(130)])
        (free,) = await sync_templates(workspace)
        # More than a page: the cursor is followed to the end.
        assert (free.outcome, free.template_count) == ("read", 131)
        clock.advance(MINUTE)
        await running.control("templates", {**bulk, "name": "bulk_7", "message_send_ttl_seconds": 600})
        await sync_templates(workspace)
        async with workspace.database.connection() as connection:
            stored = await fetch_value(
                connection, "SELECT components_hash FROM template.template WHERE name = 'bulk_7'"
            )
        assert bytes(stored) == (await templates_of(workspace))["bulk_7", "en"].components_hash


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001"
    "f61738550000000049454e44ae426082"
)


async def test_the_example_of_a_media_header_goes_along(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    def with_header(file: str) -> str:
        header = f'header_format = "IMAGE"\nheader_example = "{file}"\nbody = "Hello'
        return WORKSPACE_FILE.replace('body = "Hello', header)

    (tmp_path / "sale.png").write_bytes(PIXEL)
    (tmp_path / "sale.txt").write_bytes(b"no picture")
    async with standing(settings, clock, tmp_path) as (workspace, running):
        for file, error, told in (
            ("gone.png", TemplateActError, "gone.png cannot be read"),
            ("sale.txt", TemplatePushError, "cannot be an example"),
        ):
            await apply_workspace_file(workspace, with_header(file), source="workspace.toml")
            with pytest.raises(error, match=told):
                await push_templates(workspace, examples=tmp_path)
        await apply_workspace_file(workspace, with_header("sale.png"), source="workspace.toml")
        pushed = await push_templates(workspace, examples=tmp_path)
        assert {one.outcome for one in pushed} <= {"registered", "known"}
        there = running.simulator.world.templates.find("winback", "en")
        assert there is not None
        assert there.components[0]["format"] == "IMAGE"
        assert there.components[0]["example"]["header_handle"][0].startswith("4:")
        clock.advance(MINUTE)
        await sync_templates(workspace)
        assert (await templates_of(workspace))["winback", "en"].is_sendable
