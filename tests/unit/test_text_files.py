"""Files that a person hands to a command are text, or are refused with a place."""

from pathlib import Path

import pytest

from rulecast.cli.text_file import TEXT_FILE_BYTES_MAX, TextFileError, read_text_file
from rulecast.rule.language import RuleProblems
from rulecast.rule.language.parse import parse_condition


async def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "marked.rule"
    file.write_bytes(b"\xef\xbb\xbfrule autumn\n")

    assert await read_text_file(file) == "rule autumn\n"


@pytest.mark.parametrize(
    "content", [b"rule a\n  when caf\xe9", b"\xff\xfer\x00", b" " * (TEXT_FILE_BYTES_MAX + 1)]
)
async def test_what_is_no_text_is_refused_with_a_code(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "some.rule"
    file.write_bytes(content)

    with pytest.raises(TextFileError):
        await read_text_file(file)


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u202d"])
def test_a_rule_cannot_show_its_texts_in_another_order_than_they_have(mark: str) -> None:
    parsed = parse_condition(f'city = "{mark}Rabat"')

    assert isinstance(parsed, RuleProblems)
    assert [one.code for one in parsed.problems] == ["RL-006"]
    assert not isinstance(parse_condition('city = "الرباط"'), RuleProblems)
