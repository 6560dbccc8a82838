"""The quick decoder takes nothing the strict one refuses, and reads nothing in another way."""

import pytest

from rulecast.collect.webhook_json import decode_body


def body(*parts: str) -> bytes:
    return "".join(parts).encode()


@pytest.mark.parametrize("between", [",", ", ", " ,", "\n,\t"])
@pytest.mark.parametrize("colon", [":", ": ", " :", "\t: "])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('"a"{colon}1', '"a"{colon}1'),
        ('"a"{colon}1', '"\\u0061"{colon}2'),
        # What was read holds as many quotes with a colon as the body, which has one key more.
        ('"a"{colon}1', '"a"{colon}"\\u0022:"'),
        ('"a"{colon}1', '"a"{colon}"\\"\\u003a"'),
        ('"a"{colon}1', '"a"{colon}"\\"\\u003A"'),
        ('"a"{colon}":"', '"a"{colon}"é"'),
        ('":"{colon}{{}}', '":"{colon}{{}}'),
        ('"a\\""{colon}1', '"a\\u0022"{colon}1'),
    ],
)
def test_a_repeated_key_is_refused_however_it_is_written(
    first: str, second: str, colon: str, between: str
) -> None:
    for wrapped in ("{{{inner}}}", '{{"outer":[{{{inner}}}]}}', '{{"name":"\\u0628","outer":{{{inner}}}}}'):
        inner = first.format(colon=colon) + between + second.format(colon=colon)
        with pytest.raises(ValueError, match="duplicate key"):
            decode_body(wrapped.format(inner=inner).encode())


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e400", "-1E999", "01", "1.", "+1", "0x1"]
)
@pytest.mark.parametrize("space", ["", " "])
def test_what_is_no_number_is_refused(number: str, space: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever decoder refuses it first
        decode_body(body('{"a":', space, number, "}"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"a":"\u0628\/\ud83d\ude00","b":":","c":"\":"}', {"a": "ب/😀", "b": ":", "c": '":'}),
        (r'{"a":"\u0022:","b":[{"a":1.50}]}', {"a": '":', "b": [{"a": 1.5}]}),
        ('{"a" : 1, "b": " x"}', {"a": 1, "b": " x"}),
        (r'{"a":"\ud800","b":-0}', {"a": "\ud800", "b": 0}),
        ('{"a":123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
        ('{"a":"é","b":null}', {"a": "é", "b": None}),
        ("null", None),
    ],
)
def test_a_body_says_the_same_in_every_form(text: str, value: object) -> None:
    assert decode_body(text.encode()) == value
