"""What settings accept, what they refuse, and what they never show."""

import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rulecast.config import (
    MASK,
    SettingInvalidError,
    Settings,
    SettingsContradictError,
    SettingUnknownError,
    describe_settings,
    load_settings,
    render_settings_page,
)
from rulecast.config.errors import SecretsFileError
from rulecast.config.kept_secrets import keep_secrets, with_kept_secrets

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"

ACCEPTED = {
    "RULECAST_HOME": "/srv/rulecast",
    "RULECAST_DATABASE_URL": "postgresql://db.example/rulecast",
    "RULECAST_KEYS_DATABASE_URL": "host=/run/keys dbname=keys",
    "RULECAST_DATABASE_POOL_SIZE": "20",
    "RULECAST_ROOT_KEY": "A" * 43 + "=",
    "RULECAST_MODE": "live",
    "RULECAST_WORKSPACE": "shop-1",
    "RULECAST_CLOCK": "system",
    "RULECAST_DEFAULT_REGION": "TN",
    "RULECAST_DEFAULT_TIMEZONE": "Africa/Tunis",
    "RULECAST_GRAPH_BASE_URL": "https://graph.facebook.com/",
    "RULECAST_GRAPH_VERSION": "v27.0",
    "RULECAST_ACCESS_TOKEN": "token",
    "RULECAST_APP_SECRET": "secret",
    "RULECAST_VERIFY_TOKEN": "word",
    "RULECAST_WEB_PORT": "0",
    "RULECAST_RECEIVER_PORT": "9000",
    "RULECAST_PUBLIC_BASE_URL": "https://go.example.com",
    "RULECAST_LEASE_SECONDS": "1",
    "RULECAST_UNKNOWN_DEADLINE_HOURS": "48",
    "RULECAST_SENDER_SLOTS": "10",
    "RULECAST_REACTIONS_OPEN_WINDOWS": "yes",
    "RULECAST_TEMPLATE_WORDS_PER_VARIABLE": "3",
    "RULECAST_INCIDENT_RAISE_MINUTES": "5",
    "RULECAST_ALERT_WEBHOOK_URL": "https://hooks.example.org/alerts",
    "RULECAST_ALERT_WEBHOOK_SECRET": "key",
    "RULECAST_ALERT_EMAIL_TO": "ops@example.org, compliance:dpo@example.org",
    "RULECAST_ALERT_EMAIL_FROM": "rulecast@example.org",
    "RULECAST_SMTP_HOST": "mail.example.org",
    "RULECAST_SMTP_PORT": "587",
    "RULECAST_SMTP_SECURITY": "starttls",
    "RULECAST_SMTP_USER": "rulecast",
    "RULECAST_SMTP_PASSWORD": "word of mail",
    "RULECAST_ENVIRONMENT": "rehearsal",
    "RULECAST_RESEND_MARKETING": "yes",
    "RULECAST_LOG_LEVEL": "debug",
}


def test_every_setting_is_read_from_its_variable() -> None:
    assert set(ACCEPTED) == {one.variable for one in describe_settings()}
    settings = load_settings(ACCEPTED)
    for variable, raw in ACCEPTED.items():
        value = getattr(settings, variable.removeprefix("RULECAST_").lower())
        assert str(value) == raw.rstrip("/") if "://" in raw else str(value) == raw


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = load_settings({})
    assert (settings.mode, settings.default_region) == ("simulated", "MA")
    assert settings.default_timezone == "Africa/Casablanca"
    assert settings.database_url is None
    assert load_settings({"RULECAST_MODE": "", "RULECAST_SENDER_SLOTS": "  "}) == settings


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RULECAST_MODE", "production"),
        ("RULECAST_WEB_PORT", "70000"),
        ("RULECAST_WEB_PORT", "-1"),
        ("RULECAST_WEB_PORT", "٣"),
        ("RULECAST_SENDER_SLOTS", "0"),
        ("RULECAST_SENDER_SLOTS", "9" * 30),
        ("RULECAST_DEFAULT_REGION", "ma"),
        ("RULECAST_DEFAULT_TIMEZONE", "Africa/Atlantis"),
        ("RULECAST_CLOCK", "virtual:yesterday@1x1"),
        ("RULECAST_GRAPH_BASE_URL", "ftp://graph.facebook.com"),
        ("RULECAST_GRAPH_BASE_URL", "https://"),
        ("RULECAST_PUBLIC_BASE_URL", "https://go.example.com/?a=1"),
        ("RULECAST_GRAPH_VERSION", "26"),
        ("RULECAST_WORKSPACE", "Shop One"),
        ("RULECAST_LOG_LEVEL", "loud"),
    ],
)
def test_a_value_of_the_wrong_shape_is_refused_by_the_name_of_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingInvalidError, match=variable):
        load_settings({variable: value})


def test_a_misspelt_variable_is_refused_with_the_one_meant() -> None:
    with pytest.raises(SettingUnknownError, match="Did you mean RULECAST_DATABASE_URL"):
        load_settings({"RULECAST_DATABASE_URI": "postgresql://db.example/rulecast"})
    with pytest.raises(SettingUnknownError, match="names no setting"):
        load_settings({"RULECAST_XYZZY": "1"})


def test_variables_of_others_are_left_alone() -> None:
    assert load_settings(
        {"PATH": "/bin", "RULECAST_TEST_DATA": "/data", "RULECAST_FAILPOINT": "after_commit"}
    )


@pytest.mark.parametrize(
    "contradiction",
    [
        {"RULECAST_CLOCK": "virtual:2026-11-17T18:55:00+00:00@1790000000x60"},
        {"RULECAST_GRAPH_BASE_URL": "http://127.0.0.1:9999"},
    ],
)
def test_live_mode_refuses_a_virtual_clock_and_an_open_line(contradiction: Mapping[str, str]) -> None:
    assert load_settings(contradiction)
    with pytest.raises(SettingsContradictError):
        load_settings({"RULECAST_MODE": "live", **contradiction})


@pytest.mark.parametrize(
    "address", ["https://graph.facebook.com", "http://10.0.0.1:80", "http://localhost.example"]
)
def test_a_simulated_workspace_never_holds_a_token_and_an_address_of_others(address: str) -> None:
    chosen = {"RULECAST_GRAPH_BASE_URL": address}
    assert load_settings(chosen)
    with pytest.raises(SettingsContradictError) as refused:
        load_settings({"RULECAST_ACCESS_TOKEN": "EAAG-secret", **chosen})
    assert "EAAG-secret" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8090", "http://localhost:8090", "http://[::1]:8090", "http://127.8.8.8:1"]
)
def test_a_simulated_workspace_may_hold_a_token_for_this_machine(address: str) -> None:
    assert load_settings({"RULECAST_ACCESS_TOKEN": "any", "RULECAST_GRAPH_BASE_URL": address})


def test_the_mode_alone_decides_between_the_simulator_and_meta() -> None:
    given = {"RULECAST_ACCESS_TOKEN": "any"}
    simulated, live = load_settings(given), load_settings({**given, "RULECAST_MODE": "live"})
    assert simulated.graph_base_url == "http://127.0.0.1:8090"
    assert live.graph_base_url == "https://graph.facebook.com"
    assert replace(live, mode="simulated", graph_base_url=simulated.graph_base_url) == simulated


def test_kept_secrets_come_after_the_environment_and_only_from_a_file_of_the_owner(tmp_path: Path) -> None:
    path = keep_secrets(tmp_path, {"access_token": "kept", "verify_token": "word"})
    keep_secrets(tmp_path, {"access_token": "newer"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    settings = load_settings({"RULECAST_HOME": str(tmp_path), "RULECAST_VERIFY_TOKEN": "given"})
    completed = with_kept_secrets(settings)
    assert (completed.access_token, completed.app_secret, completed.verify_token) == ("newer", None, "given")
    # A kept token and the address of somebody real exclude each other as given ones do.
    with pytest.raises(SettingsContradictError):
        with_kept_secrets(replace(settings, graph_base_url="https://graph.facebook.com"))
    path.chmod(0o640)
    with pytest.raises(SecretsFileError) as refused:
        with_kept_secrets(settings)
    assert "newer" not in str(refused.value)
    path.chmod(0o600)
    for broken in ("", "[]", '{"access_token": 1}', '{"access_token": ""}'):
        path.write_text(broken)
        with pytest.raises(SecretsFileError):
            with_kept_secrets(settings)
    path.unlink()
    assert with_kept_secrets(settings) == settings


def test_secrets_are_masked_in_the_repr() -> None:
    shown = repr(load_settings(ACCEPTED))
    secrets = [ACCEPTED[one.variable] for one in describe_settings() if one.is_secret]
    assert len(secrets) == 8
    assert not [secret for secret in secrets if f"'{secret}'" in shown]
    assert shown.count(MASK) == 8
    assert "root_key=None" in repr(Settings())


def test_the_page_of_settings_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_settings_page(), (
        "run python -m rulecast.config > docs/reference/settings.md"
    )
