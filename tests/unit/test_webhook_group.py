"""Groups of webhooks are read without a question wherever a question is not needed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from rulecast.collect.webhook_facts import InboundMessage, ParsedWebhook, StatusFact, UnreadFact
from rulecast.profile.identity import Identity
from rulecast.wiring.senders import Sender, people_of
from rulecast.wiring.webhook_group import GroupReader, WebhookPost, is_statuses_only
from rulecast.wiring.webhook_stops import stop_people

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
# A connection that cannot be asked anything.
NOBODY: Any = None


def post(parsed: ParsedWebhook) -> WebhookPost:
    return WebhookPost(body=b"{}", parsed=parsed, received_at=NOW)


async def test_a_group_of_statuses_alone_asks_the_database_nothing_about_people() -> None:
    told = [
        StatusFact(wamid=f"wamid.{one}", status="sent", occurred_at=NOW - timedelta(days=one))
        for one in range(10)
    ]
    group = await GroupReader(()).read(NOBODY, [post(ParsedWebhook(statuses=tuple(told)))], NOW)
    # Nothing older than eight days counts.
    assert [one.wamid for one in group.statuses] == [f"wamid.{one}" for one in range(9)]
    assert not (group.said)
    assert not (group.preferences)
    assert not (group.refused)
    assert not (group.entry_answers)
    assert not group.is_about_accounts
    assert await stop_people(NOBODY, NOBODY, group, people={}, now=NOW) == []


def test_only_bodies_of_statuses_take_the_short_way() -> None:
    message = InboundMessage(wamid="wamid.1", business_number_id="1", occurred_at=NOW, kind="text")
    assert is_statuses_only(ParsedWebhook())
    assert not is_statuses_only(ParsedWebhook(messages=(message,)))
    assert not is_statuses_only(ParsedWebhook(unread=(UnreadFact(field="x", reason="y"),)))


def test_senders_that_share_an_identity_are_one_new_person() -> None:
    by_number = Sender(phone="+551187654321", portfolio_id="9")
    by_both = Sender(phone="+5511987654321", bsuid="BR.1", portfolio_id="9")
    by_id = Sender(bsuid="BR.1", parent_bsuid="BR.ENT.2", portfolio_id="9")
    stranger = Sender(bsuid="MA.7", portfolio_id="9")
    people = people_of([by_number, by_id, by_both, stranger])
    assert [set(one.senders) for one in people] == [{by_number, by_id, by_both}, {stranger}]
    assert set(people[0].identities) == {
        Identity(kind="phone", value="+551187654321"),
        Identity(kind="bsuid", value="BR.1", scope="9"),
        Identity(kind="parent_bsuid", value="BR.ENT.2"),
    }
    assert people[0].attributes == {}
    assert people[1].attributes == {"country": "ma"}
