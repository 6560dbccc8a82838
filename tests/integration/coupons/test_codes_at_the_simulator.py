"""A rule with a coupon from its plan to the till: what arrives at the simulator, and what its redemption counts."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.planning import exclusions, rule_text
from tests.street import Street, neighbour, street

from rulecast.config import Settings
from rulecast.gate.coupons import read_codes
from rulecast.gate.coupons.declared import DeclaredPool
from rulecast.gate.coupons.errors import CouponFileError
from rulecast.values.clock import ManualClock
from rulecast.wiring.coupons import import_coupons, show_coupons
from rulecast.wiring.doctor_coupons import look_at_coupons
from rulecast.wiring.periodic import count_successes
from rulecast.wiring.redemptions import Told, import_redemptions

COUPON = "coupon from winback_codes"
PEOPLE = [neighbour(number) for number in range(4)]


async def held(here: Street) -> dict[int, str]:
    """Return the code of each person, as the pool keeps it."""
    vault = here.workspace.vault
    rows = await here.rows(
        "SELECT contact_id, code_index, sealed_code FROM gate.coupon WHERE contact_id IS NOT NULL"
    )
    return {row[0]: vault.open_file(b"gate.coupon.sealed_code " + row[1], row[2]).decode() for row in rows}


async def test_a_code_reaches_the_phone_and_its_redemption_is_a_success_of_the_run(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with street(settings, clock, tmp_path, people=PEOPLE) as here:
        pool = DeclaredPool(name="winback_codes")
        assert await look_at_coupons(here.workspace) == []
        text = "code,expires\nRC-AAA,\nRC-BBB,2026-11-20\nRC-CCC,\nRC-old,2026-11-17\n"
        await import_coupons(here.workspace, pool, source="codes.csv", text=text)
        (finding,) = await look_at_coupons(here.workspace)
        assert finding.what == "winback_codes: 1 free codes end soon, the first is void on 2026-11-21"
        text = rule_text(name_value=COUPON, clauses="test success code_redeemed worth value within 72 hours")
        (plan,) = await here.plan(text)
        # The fourth code expires too soon to be of use: three people can have one.
        assert exclusions(plan) == {"coupon_pool_low": 1}
        assert plan.document["coupons"] == {"pools": {"winback_codes": 3}, "held": 0}
        assert "SPECIMEN" in plan.document["samples"][0]["text"]
        run_id = await here.start(plan)
        await here.send()
        codes = await held(here)
        assert sorted(codes.values()) == ["RC-AAA", "RC-BBB", "RC-CCC"]
        # The simulator keeps who got a message, and no word of it.
        assert set(here.reached_people()) == set(codes)
        await here.hear()
        clock.advance(3_600)
        own, other = sorted(codes)[:2]
        at = clock.now().isoformat()
        text = (
            f"code,at,value,phone\n{codes[own].lower()},{at},120.50,\n{codes[own]},{at},9,\n"
            f"{codes[other]},{at},80,+2126120000{here.people.index(own):02d}\nRC-XXX,{at},1,\n"
        )
        for redeemed in (
            Told(redeemed=2, by_others=1, again=1, unknown_lines=(5,)),
            Told(redeemed=0, by_others=0, again=3, unknown_lines=(5,)),
        ):
            assert await import_redemptions(here.workspace, source="till.csv", text=text) == redeemed
        # A till that takes a code once more counts nothing, and a person is told.
        text = (
            f"code,at\n{codes[own]},{at}\n{codes[own]},{(clock.now() - timedelta(minutes=5)).isoformat()}\n"
        )
        twice = await import_redemptions(here.workspace, source="till.csv", text=text)
        assert twice == Told(redeemed=0, by_others=0, again=2, unknown_lines=(), second_lines=(3,))
        rows = await here.rows(
            "SELECT contact_id, properties ->> 'holder', (properties ->> 'run')::bigint FROM collect.event"
            " WHERE name = 'code_redeemed' ORDER BY 2 DESC"
        )
        assert rows == [(own, "own", run_id), (own, "other", run_id)]
        await count_successes(here.workspace)
        assert await here.rows("SELECT sum(worth_minor), count(*) FROM observe.conversion") == [(20_050, 2)]
        (finding,) = await look_at_coupons(here.workspace)
        assert finding.what == "winback_codes: no more codes can be given"
        stock = await show_coupons(here.workspace, "winback_codes")
        assert (stock.free, stock.given, stock.redeemed, stock.expired) == (0, 1, 2, 1)
        # Whose code is redeemed gets no other one of this rule.
        clock.advance(timedelta(days=20).total_seconds())
        more = "\n".join(f"RC-{number:04d}" for number in range(9))
        await import_coupons(here.workspace, pool, source="more.csv", text=more)
        (plan,) = await here.plan(rule_text(name_value=COUPON))
        await here.start(plan)
        await here.send()
        reasons = await here.rows(
            "SELECT contact_id, reason FROM deliver.message WHERE state = 'cancelled' ORDER BY contact_id"
        )
        assert reasons == [(own, "coupon_spent"), (other, "coupon_spent")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("RC-1\nab\nRC-1", "line 2: not 3 to 15 letters"),
        ("RC-1\nrc-1", "line 2: the code of line 1 again"),
        ("code,expires\nRC-1,soon", "line 2: expires is no day"),
        ("code,expires\nRC-1,2020-01-01", "line 2: it expired"),
        ("code,name\nRC-1,Asha", "line 1 names columns"),
        ("RC-1,3", "line 1: 2 columns, 1 expected"),
        ("\n\n", "has no codes"),
    ],
)
def test_a_file_of_codes_names_its_bad_lines_and_no_code(text: str, said: str) -> None:
    with pytest.raises(CouponFileError, match=said) as raised:
        read_codes("codes.csv", text, today=date(2026, 11, 22))
    assert "RC-1" not in str(raised.value)
