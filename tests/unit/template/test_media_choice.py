"""Which form of a file a device gets, and which translation a person."""

import pytest

from rulecast.template.choose_language import explain_language
from rulecast.template.media import Device, Grade, choose_grade

CHOICES = [("lighter", "slow network"), ("lightest", "very slow network"), ("none", "old system")]


@pytest.mark.parametrize(
    ("network", "system", "version", "form", "cause"),
    [
        ("wifi", "android", "14", Grade.FULL, ""),
        ("3g", "android", "14", Grade.LIGHT, "slow network"),
        (" 3G ", "iOS", "17.2", Grade.LIGHT, "slow network"),
        ("HSPA+", "", "", Grade.LIGHT, "slow network"),
        ("slow-2g", "android", "14", Grade.TINY, "very slow network"),
        ("2g", "android", "8.1.0", Grade.NONE, "old system"),
        ("wifi", "Android", "9", Grade.FULL, ""),
        ("wifi", "Android", "8", Grade.NONE, "old system"),
        ("wifi", "iOS", "15.0.2", Grade.NONE, "old system"),
        ("wifi", "ios", "15.1", Grade.FULL, ""),
        ("wifi", "ios", "15", Grade.FULL, ""),
        ("wifi", "KaiOS", "", Grade.NONE, "old system"),
        ("", "android", "", Grade.FULL, ""),
        ("", "", "4.4", Grade.FULL, ""),
        ("", "", "", Grade.FULL, ""),
        ("carrier pigeon", "plan 9", "4", Grade.FULL, ""),
        ("4g", "android", "not told", Grade.FULL, ""),
    ],
)
def test_the_lightest_of_what_fits_counts_and_what_is_not_known_changes_nothing(
    network: str, system: str, version: str, form: Grade, cause: str
) -> None:
    device = Device(network_type=network, os_name=system, os_version=version)
    for choices in (CHOICES, CHOICES[::-1]):
        chosen = choose_grade(choices, device)
        assert (chosen.grade, chosen.cause) == (form, cause)
    assert choose_grade([], device).grade is Grade.FULL


@pytest.mark.parametrize(
    ("wanted", "offered", "language", "because"),
    [
        ("fr", "fr ar en", "fr", "own"),
        ("FR-ca", "fr_CA fr", "fr_CA", "own"),
        ("fr_FR", "fr ar", "fr", "language"),
        ("en", "en_US fr", "en_US", "region"),
        ("en_GB", "en_US fr", "en_US", "region"),
        ("en_GB", "en_US en_GB", "en_GB", "own"),
        ("pt", "pt_PT pt_BR", "pt_PT", "region"),
        ("zh_HK", "zh_CN zh_TW", "zh_TW", "region"),
        ("zh-Hant-MO", "zh_CN zh_HK", "zh_HK", "region"),
        ("zh", "zh_TW zh_CN", "zh_CN", "region"),
        ("zh_TW", "zh_CN", "de", "fallback"),
        ("es", "fr ar", "de", "fallback"),
        ("", "fr ar", "de", "fallback"),
    ],
)
def test_a_language_fits_itself_then_without_region_then_of_another_region(
    wanted: str, offered: str, language: str, because: str
) -> None:
    choice = explain_language(wanted, offered.split(), "de")
    assert (choice.language, choice.because) == (language, because)
    alone = explain_language(wanted, offered.split(), None)
    assert (alone.language is None) == (because == "fallback") == (alone.because == "none")
