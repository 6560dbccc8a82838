"""Every reason has its sentence in each language, and a number that never changes."""

import re

from rulecast.plan.document import WATERFALL
from rulecast.values.reason import DESCRIPTIONS, NUMBERS, Reason
from rulecast.values.reason_chinese import CHINESE


def test_every_reason_is_explained_in_english_and_chinese() -> None:
    assert set(DESCRIPTIONS) == set(CHINESE) == set(Reason)
    assert all(re.search("[\u4e00-\u9fff]", one) and one.endswith("。") for one in CHINESE.values())
    assert len(set(CHINESE.values())) == len(set(DESCRIPTIONS.values())) == len(Reason)


def test_the_numbers_of_reasons_stay() -> None:
    assert [NUMBERS[Reason(name)] for name in ("no_consent", "lost_to_rule", "template_ramp")] == [1, 13, 38]
    assert len(set(WATERFALL)) == len(WATERFALL)
