"""The worked examples: those that run are checked, compiled for both dialects and explained."""

from datetime import UTC, datetime

import pytest

from rulecast.rule.engine import PersonFacts, compile_audience, evaluate
from rulecast.rule.language import CheckedRule, RuleProblems, check_rule, explain_rule, format_rule
from rulecast.rule.language.check import check_condition
from rulecast.values.catalogue import Attribute, AttributeType, Catalogue, EventDefinition, Template

T = AttributeType
NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
CATALOGUE = Catalogue.of(
    attributes=[
        Attribute(name="interests", type=T.TEXT_LIST),
        Attribute(name="total_orders", type=T.INTEGER),
        Attribute(name="tier", type=T.TEXT),
        Attribute(name="ltv", type=T.DECIMAL),
        Attribute(name="lifecycle", type=T.TEXT),
    ],
    events=[
        EventDefinition(name="purchase", properties={"amount": T.DECIMAL, "category": T.TEXT}),
        EventDefinition(name="campaign_received", properties={"campaign": T.INTEGER, "category": T.TEXT}),
        EventDefinition(name="redemption", properties={"campaign": T.INTEGER}),
        EventDefinition(name="visit"),
    ],
    templates=[Template(name="winback", languages=("fr", "ar", "en"), parameters=("name",))],
    numbers=("casablanca_main",),
    default_zone="Africa/Casablanca",
)
WINBACK = """
rule winback_casablanca
  version 3   priority promotion/40   purpose marketing
  when  city in ("Casablanca", "Rabat") and silent for 7 days
        and did click where (link = "promo") at least 2 times in last 30 days
        and did not purchase in last 30 days
  send  template winback in the contact's language (fr, ar, en; else fr) (name: first_name or "client")
        from casablanca_main
  when delivered: tag add "winback-sent"
  once on weekdays at 20:00..22:00 local time of the contact; carry over until Friday
  limit this rule to 1 per person per 14 days; batch 5000 every 10 minutes; budget 800 MAD per run
  test  holdout 10%; success click within 72 hours
"""
RUNNING = (
    "did not message in last 7 days",
    'did click where (link = "promo") at least 2 times in last 30 days and did not purchase in last 30 days',
    "age between 18 and 30",
    'tag "churn-risk"',
    'interests contains any of ("shoes", "bags") and not interests contains "kids"',
    "consent marketing granted after 365 days ago",
    'language in ("pt", "es") and country = "BR" and city is missing',
    "total_orders >= 1",
    "sum(purchase.amount) in last 90 days >= 500",
    'first_seen_at before 30 days ago and not tag "employee"',
    (
        'did receive where (template = "spring_sale") in last 3 days '
        'and did not read where (template = "spring_sale") in last 3 days'
    ),
    'did visit at least 3 times in last 2 weeks and (tier = "gold" or ltv > 1000)',
    'lifecycle = "at-risk"',
    (
        "did campaign_received where (campaign = 8) then purchase within 14 days for the same category "
        "and did not redemption where (campaign = 8)"
    ),
    "did purchase in at least 3 distinct months and silent for 45 days and sum(purchase.amount) > 500",
)


@pytest.mark.parametrize("text", RUNNING)
def test_a_worked_example_compiles_and_runs(text: str) -> None:
    condition = check_condition(text, CATALOGUE)
    assert not isinstance(condition, RuleProblems), condition.render(text)
    assert evaluate(condition, PersonFacts(contact_id=1), NOW) in {True, False}
    assert compile_audience(condition, "duckdb", now=NOW).sql
    assert compile_audience(condition, "postgres", now=NOW).sql


def test_the_winback_rule_is_checked_formatted_and_explained() -> None:
    checked = check_rule(WINBACK, CATALOGUE)
    assert isinstance(checked, CheckedRule), checked.render(WINBACK)
    assert checked.warnings == ()
    assert checked.events_read == {"clicked", "purchase", "message_received"}
    assert checked.attributes_read == {"city", "first_seen_at"}
    assert checked.reads_behaviour
    assert checked.success is not None
    assert checked.success.event.event == "clicked"
    assert (
        "once on weekdays at 20:00..22:00 local time of the contact; carry over until friday"
        in format_rule(checked.rule)
    )
    assert explain_rule(checked.rule) == (
        "Rule winback_casablanca, version 3, serves the purpose marketing with priority 40 in the band promotion.",
        "It is for people for whom all of this is true:",
        '- city is one of "Casablanca", "Rabat"',
        "- they are known for more than 7 days and wrote nothing in the last 7 days",
        '- they had the event click where link is "promo" at least 2 times in the last 30 days',
        "- they did not have the event purchase in the last 30 days",
        "They get the template winback from casablanca_main, in their language if it is fr, ar, en, otherwise in fr.",
        '- name is their first_name, or "client" where it is missing',
        'When a message is delivered, the person gets the tag "winback-sent".',
        (
            "Messages go out on monday, tuesday, wednesday, thursday, friday from 20:00 until before 22:00, "
            "local time of the person. What a window does not send waits for the next one, through friday."
        ),
        "Nobody gets more than 1 of this rule's messages in 14 days.",
        "At most 5000 messages go out every 10 minutes.",
        "A run costs at most 800 MAD.",
        "10% of the people are held out to measure the effect.",
        "Success is the event click within 72 hours after the message.",
    )


def test_a_derived_attribute_reads_its_source() -> None:
    checked = check_rule(WINBACK.replace("silent for 7 days", "age >= 18"), CATALOGUE)
    assert isinstance(checked, CheckedRule)
    assert checked.attributes_read == {"city", "age", "birth_date"}
