import hashlib
import hmac
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulecast.values.ids import OpaqueId
from rulecast.values.link_token import (
    TOKEN_LENGTH,
    LinkToken,
    link_index_of,
    link_name_of,
    make_link_token,
    read_link_token,
)


def _sign_with(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, hashlib.sha256)


SIGN = partial(_sign_with, b"k" * 32)
LINK = LinkToken(opaque_id=OpaqueId(bytes(range(16))), link_index=1)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 255))
def test_a_token_names_the_link_it_was_made_for(opaque_id: bytes, link_index: int) -> None:
    link = LinkToken(opaque_id=OpaqueId(opaque_id), link_index=link_index)
    token = make_link_token(link, SIGN)
    assert len(token) == TOKEN_LENGTH
    assert read_link_token(token, SIGN) == link


@given(st.integers(0, TOKEN_LENGTH - 1), st.sampled_from("ABCxyz019_-"))
def test_a_token_with_any_other_character_is_forged(position: int, letter: str) -> None:
    token = make_link_token(LINK, SIGN)
    changed = token[:position] + letter + token[position + 1 :]
    assert (read_link_token(changed, SIGN) == LINK) == (changed == token)


@given(st.text(max_size=60))
def test_any_text_is_answered_with_none(text: str) -> None:
    assert read_link_token(text, SIGN) is None


def test_a_token_of_another_workspace_is_forged() -> None:
    token = make_link_token(LINK, partial(_sign_with, b"other" * 7))
    assert read_link_token(token, SIGN) is None


@pytest.mark.parametrize(("opaque_id", "link_index"), [(b"short", 0), (b"x" * 16, 256), (b"x" * 16, -1)])
def test_a_link_that_does_not_fit_a_token_is_refused(opaque_id: bytes, link_index: int) -> None:
    with pytest.raises(ValueError, match=r"opaque id|one byte"):
        make_link_token(LinkToken(opaque_id=OpaqueId(opaque_id), link_index=link_index), SIGN)


def test_links_are_numbered_by_their_sorted_names() -> None:
    links = {"promo": "https://shop.example/promo", "help": "https://shop.example/help"}
    assert [link_name_of(links, index) for index in (0, 1, 2)] == ["help", "promo", None]
    assert link_index_of(links, "promo") == 1
    with pytest.raises(KeyError):
        link_index_of(links, "absent")
