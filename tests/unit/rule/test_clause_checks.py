"""What is wrong with a clause is said at its place; what is right passes."""

import pytest
from tests.spec.problem_case import RULE
from tests.spec.tables import CATALOGUE, NOW

from rulecast.rule.language import CheckedRule, RuleProblems, check_rule, parse_rule
from rulecast.rule.language import document as d
from rulecast.rule.language.check_links import link_fault

SEND = 'send template winback in fr (name: "client") from casablanca_main'
WINDOW = "at 20:00..22:00 local time of the contact"


def codes(*clauses: str, rule: str = RULE) -> list[str]:
    found = check_rule(rule + "".join(f"  {clause}\n" for clause in clauses), CATALOGUE, now=NOW)
    problems = found.problems if isinstance(found, RuleProblems) else found.warnings
    return [problem.code for problem in problems]


LIMIT = "limit this rule to 1 per person per 7 days"


@pytest.mark.parametrize(
    ("clauses", "expected"),
    [
        (("on purchase", LIMIT, f"always {WINDOW}"), []),
        (("on entering the audience", f"always {WINDOW}"), []),
        (("on purchase", LIMIT), []),
        (("once on day at 22:00..00:00 local time",), []),
        (("once on day at 00:00..00:00 local time",), []),
        (("once on day at 22:00..02:00 local time",), ["RL-027"]),
        (("on purchase",), ["RL-099"]),
        ((f"always {WINDOW}",), ["RL-080"]),
        (("on purchase", LIMIT, f"every weekday {WINDOW}"), ["RL-080"]),
        (("on purchse", LIMIT), ["RL-011"]),
        (("on purchase where (amount > 3)", LIMIT), []),
        (('on purchase where (amount > "3")', LIMIT), ["RL-020"]),
        (("valid from 2026-11-01 until 2026-11-17",), []),
        (("valid until 2026-11-16",), ["RL-081"]),
        (("score orders",), []),
        (("score balance",), []),
        (("score city",), ["RL-092"]),
        (("score first_name",), ["RL-016"]),
        (("score support_level",), ["RL-017", "RL-092"]),
        (("test variants a 33.3% b 33.3% c 33.4%",), ["RL-084"]),
        (("test variants a 50% a 50%",), ["RL-082"]),
        (("test variants a 99%",), ["RL-082"]),
        (("test variants a 45% b 45%", "holdout 10%"), ["RL-082"]),
        (
            ("test variants a 50% b 50%", f"for variant b {SEND}", f"for variant b {SEND}"),
            ["RL-083"],
        ),
        ((f"after 2 days if not clicked and not replied {SEND}",), []),
        ((f"after 61 days if not clicked {SEND}",), ["RL-085"]),
        ((f"after 2 days if replied {SEND}",), ["RL-086"]),
        ((f"after 2 days if not succeeded {SEND}",), ["RL-086"]),
        ((f"after 2 days if not succeeded {SEND}", "success purchase within 3 days"), []),
        ((f"after 2 days if not delivered and read {SEND}",), ["RL-086"]),
        ((f"after 2 days if read and read {SEND}",), ["RL-086"]),
        (tuple(f"after {day} days if not read {SEND}" for day in range(1, 7)), ["RL-085"]),
        (('when replied: assign to "support"', 'notify "ops"'), []),
        (('when replied: notify "boss"',), ["RL-087"]),
        (('when replied: set zone = "africa/CASABLANCA"',), []),
        (('when replied: set zone = "Casablanca"',), ["RL-064"]),
        (("set orders = 3", "set paid_at = now", 'set city = "Fes"'), []),
        (("set orders = now",), ["RL-020"]),
        (('set orders = "3"',), ["RL-020"]),
        (("set age = 3",), ["RL-088"]),
        (("set illness = 3",), ["RL-088"]),
        (("set first_seen_at = now",), ["RL-088"]),
        (("set ordrs = 3",), ["RL-010"]),
        (("when delivered: set orders = 3; set orders = 4",), ["RL-088"]),
        (('tag add ""',), ["RL-089"]),
        ((f'tag add "{"x" * 65}"',), ["RL-089"]),
        (('when delivered: tag add "x"', 'when replied: tag remove "x"'), []),
        (("stop if failures above 5% of delivered after 300 delivered",), []),
        (("stop if failures above 5%",), ["RL-096"]),
        (("stop if opt-outs above 1% of delivered after 300 delivered, or failures above 5%",), []),
        ((LIMIT, "limit all rules to 1 per person per 7 days"), []),
        (("budget 800 MAD per month",), []),
        (("budget 800 dirham per month",), ["RL-028"]),
        (('example "somebody" (orders: 3, tag "x", consent marketing, purchase 3 days ago) matches',), []),
        (('example "somebody" (ordrs: 3) matches',), ["RL-010"]),
        (('example "somebody" (orders: "3") matches',), ["RL-020"]),
        (('example "somebody" (illness: "asthma") matches',), ["RL-098"]),
        (('example "somebody" (purchse 3 days ago) matches',), ["RL-011"]),
        (('example "somebody" (purchase 3 days ago (amont: 3)) matches',), ["RL-012"]),
        (('example "somebody" (consent advertising) matches',), ["RL-015"]),
    ],
)
def test_a_clause_is_refused_or_passes(clauses: tuple[str, ...], expected: list[str]) -> None:
    assert codes(*clauses) == expected


@pytest.mark.parametrize("text", ["{{1}}", "a\\\\nb {{name}}", "  two  spaces ", "null", "x" * 201, ""])
def test_f92_a_hostile_text_is_refused_before_anything_is_sent(text: str) -> None:
    assert codes(rule=RULE.replace('"client"', f'"{text}"')) == ["RL-091"]


@pytest.mark.parametrize("sign", ["\n", "\t", "\u202e", "\u200b", "\u2066", "\x00"])
def test_f92_signs_that_nobody_sees_are_refused(sign: str) -> None:
    assert codes(rule=RULE.replace('"client"', f'"cli{sign}ent"'))


@pytest.mark.parametrize(
    ("url", "is_refused"),
    [
        ("https://shop.example/sale?x=1", False),
        ("https://shop.example:8443/sale", False),
        ("http://shop.example", True),
        ("javascript:alert(1)", True),
        ("https://user:secret@shop.example", True),
        ("https://localhost/x", True),
        ("https://127.0.0.1/x", True),
        ("https://169.254.169.254/latest/meta-data", True),
        ("https://2130706433/", True),
        ("https://[::1]/", True),
        ("https://shop", True),
        ("https://shop.example/{{1}}", True),
        ("https://shop.example/é", True),
        ("https://shop.example/a b", True),
        ("https://shop.example\\@evil.example", True),
        ("https://shop.example:99999999/", True),
        (f"https://shop.example/{'x' * 2000}", True),
    ],
)
def test_f92_a_link_leads_to_a_public_https_address(url: str, is_refused: bool) -> None:
    assert (link_fault(url) is not None) is is_refused


def test_a_checked_rule_holds_its_trigger_and_actions_with_exact_values() -> None:
    found = check_rule(f'{RULE}  on click where (link = "Promo")\n  {LIMIT}\n', CATALOGUE, now=NOW)
    # Its own clicks would start it again.
    assert isinstance(found, RuleProblems)
    found = check_rule(f'{RULE}  on click where (rule = "Other")\n  {LIMIT}\n', CATALOGUE, now=NOW)
    assert isinstance(found, CheckedRule)
    trigger = found.trigger
    assert isinstance(trigger, d.EventTrigger)
    assert trigger.pattern.event == "clicked"


def test_a_score_counts_among_what_is_read_about_people() -> None:
    found = check_rule(f"{RULE}  score orders\n", CATALOGUE, now=NOW)
    assert isinstance(found, CheckedRule)
    assert "orders" in found.attributes_read


def test_all_syntax_errors_of_a_rule_are_told_at_once() -> None:
    text = """rule hello
  purpose marketing
  when city = "Rabat" and did purchase in last 3 dayz
  send tmplate winback in fr from casablanca_main
  carry over til friday
  for variant b
    send template winback in fr from casablanca_main
  after 2 days unless clicked send template winback in fr from casablanca_main
  budget 3 MAD per year; limit this rule for 3 days
"""
    found = parse_rule(text)
    assert isinstance(found, RuleProblems)
    assert [(problem.span.line, problem.found) for problem in found.problems] == [
        (3, "dayz"),
        (4, "tmplate"),
        (5, "carry"),
        (8, "after"),
        (9, "per"),
        (9, "limit"),
    ]
    assert [problem.hint for problem in found.problems] == [
        None,
        "did you mean template?",
        "write: carry over for or carry over until",
        "a follow-up reads: after 2 days if not clicked send template ...",
        "write: per month or per run",
        "write: limit all rules to or limit this rule to",
    ]


def test_reading_goes_on_inside_a_condition_at_the_next_line_that_joins() -> None:
    text = """rule hello
  purpose marketing
  when city = = "Rabat"
      and did purchase in last 3 dayz
      and (orders > 3 or
           tag x)
      and tag vip
      or age > 17
  send template winback in fr from casablanca_main
"""
    found = parse_rule(text)
    assert isinstance(found, RuleProblems)
    assert [(problem.span.line, problem.found) for problem in found.problems] == [
        (3, "="),
        (4, "dayz"),
        (6, "x"),
        (7, "vip"),
    ]


@pytest.mark.parametrize("word", ["not", "NOT", "非", "不"])
def test_f93_negations_of_either_language_are_not_nested_without_end(word: str) -> None:
    found = parse_rule(RULE.replace("city =", f"{f'{word} ' * 5000}city ="))
    assert isinstance(found, RuleProblems)
    assert [problem.code for problem in found.problems] == ["RL-003"]


def test_f93_a_text_full_of_mistakes_is_read_in_bounded_time() -> None:
    found = parse_rule("rule hello\n" + "set =\n" * 10_000)
    assert isinstance(found, RuleProblems)
    assert 1 <= len(found.problems) <= 100
    assert isinstance(parse_rule("rule hello\n  when a\n" + "  and = 3\n" * 5_000), RuleProblems)


def test_small_words_that_carry_no_meaning_can_be_left_out() -> None:
    short = """rule hello
  purpose marketing
  on entering audience
  when city = "Rabat"
  send template winback in contacts language (fr; else fr) (name: first_name or "client") from casablanca_main
  always at 20:00..22:00 local time
"""
    long = short.replace("entering audience", "entering the audience").replace(
        "in contacts language", "in the contact's language"
    )
    parsed = parse_rule(short)
    assert not isinstance(parsed, RuleProblems), parsed.render(short)
    assert parsed == parse_rule(long.replace("local time", "local time of the contact"))


def test_a_zone_is_set_in_the_spelling_of_the_zone_database() -> None:
    found = check_rule(RULE + '  when replied: set zone = "africa/CASABLANCA"\n', CATALOGUE)
    assert isinstance(found, CheckedRule)
    (action,) = found.actions
    assert isinstance(action, d.SetAction)
    assert action.value is not None
    assert action.value.value == "Africa/Casablanca"
