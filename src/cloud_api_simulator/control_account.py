"""Control requests about the account: errors, restrictions, bans, the portfolio's tier, numbers, template quality."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cloud_api_simulator.account_state import BANS, RESTRICTIONS
from cloud_api_simulator.control_request import ControlError, JsonObject, read_object
from cloud_api_simulator.emit import emit_management
from cloud_api_simulator.feedback import UPGRADE_SECONDS, set_template_quality, tell_capability
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.limits import ThroughputWindow
from cloud_api_simulator.settings import (
    COEXISTENCE_THROUGHPUT_PER_SECOND,
    HIGH_THROUGHPUT_PER_SECOND,
    STANDARD_THROUGHPUT_PER_SECOND,
)
from cloud_api_simulator.world import Number, World

RESTRICTION_SECONDS = 86_400.0
"""Length of a restriction when none is given: the first block of the ladder (platform reference 7.3)."""
RATINGS = frozenset({"GREEN", "YELLOW", "RED", "UNKNOWN"})
_ACCOUNT_FIELDS = frozenset(
    {
        *("code", "number", "restriction", "seconds", "ban", "violation", "barred_countries"),
        *("tier", "tiers", "payment_method", "portfolio_pacing"),
    }
)


def change_account(world: World, request: Request) -> Response:
    """Put the account into a state, telling it by webhook where Meta does; only what is named changes.

    `code` (with `number` for one number) refuses every send with it until null; `restriction` with `seconds`,
    `ban` and `violation` are told as `account_update`, `tier` as `business_capability_update`.
    """
    row = read_object(request)
    unknown = set(row) - _ACCOUNT_FIELDS
    if unknown:
        raise ControlError(f"unknown fields: {', '.join(sorted(unknown))}")
    if "code" in row:
        _set_code(world, row)
    if "restriction" in row:
        _restrict(world, row)
    if "ban" in row:
        _ban(world, row["ban"])
    if "violation" in row:
        info = {"violation_type": str(row["violation"])}
        emit_management(world, "account_update", {"event": "ACCOUNT_VIOLATION", "violation_info": info})
    if "barred_countries" in row:
        world.account.barred_countries = frozenset(map(str, row["barred_countries"]))
    if "tier" in row or "tiers" in row:
        _set_tier(world, row)
    if "payment_method" in row:
        world.behaviour = replace(world.behaviour, has_payment_method=bool(row["payment_method"]))
    if "portfolio_pacing" in row:
        world.pacing.portfolio_is_dropped = row["portfolio_pacing"] == "drop"
    return json_response(
        {
            "account": world.account_error,
            "numbers": world.number_errors,
            "restrictions": world.account.restrictions,
            "ban": world.account.ban,
            "tier": world.limit.tier,
        }
    )


def _set_code(world: World, row: JsonObject) -> None:
    code, number_id = row["code"], row.get("number")
    if code is not None and not isinstance(code, int):
        raise ControlError("code: expected an error code or null")
    if number_id is None:
        world.account_error = code
    elif code is None:
        world.number_errors.pop(str(number_id), None)
    else:
        world.number_errors[str(number_id)] = code


def _restrict(world: World, row: JsonObject) -> None:
    """Restrict a kind of message until its end, or lift every restriction with null (reference 3.8)."""
    kind, seconds = row["restriction"], row.get("seconds", RESTRICTION_SECONDS)
    if kind is None:
        world.account.restrictions.clear()
        return
    if kind not in RESTRICTIONS or not isinstance(seconds, int | float):
        raise ControlError(f"restriction, seconds: expected one of {', '.join(sorted(RESTRICTIONS))}")
    until = world.clock.now() + seconds
    world.account.restrictions[kind] = until
    info = [{"restriction_type": kind, "expiration": int(until)}]
    emit_management(world, "account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": info})


def _ban(world: World, state: object) -> None:
    if state not in BANS:
        raise ControlError(f"ban: expected one of {', '.join(sorted(BANS))}")
    world.account.ban = str(state)
    at = datetime.fromtimestamp(world.clock.now(), UTC)
    info = {"waba_ban_state": state, "waba_ban_date": f"{at:%B} {at.day}, {at.year}"}
    emit_management(world, "account_update", {"event": "DISABLED_UPDATE", "ban_info": info})


def _set_tier(world: World, row: JsonObject) -> None:
    for name, limit in dict(row.get("tiers", {})).items():
        world.limit.tiers[str(name)] = float(limit)
    tier = row.get("tier", world.limit.tier)
    if tier not in world.limit.tiers:
        raise ControlError(f"tier: expected one of {', '.join(world.limit.tiers)}")
    if tier != world.limit.tier:
        world.limit.tier = tier
        tell_capability(world)


def change_number(world: World, request: Request) -> Response:
    """Change a number: `quality`, `throughput`, `coexistent`, or `upgrade` to 1,000 messages a second.

    During an upgrade sends get 131057 for a minute; then the webhook tells it (platform reference 4.1).
    """
    row = read_object(request)
    number = world.numbers.get(str(row.get("number", next(iter(world.numbers)))))
    if number is None:
        raise ControlError("number: no such business number")
    if "quality" in row:
        if row["quality"] not in RATINGS:
            raise ControlError(f"quality: expected one of {', '.join(sorted(RATINGS))}")
        number.health.rating = row["quality"]
    if "throughput" in row:
        _set_throughput(number, int(row["throughput"]))
    if "coexistent" in row:
        number.settings = replace(number.settings, is_coexistent=bool(row["coexistent"]))
        per_second = (
            COEXISTENCE_THROUGHPUT_PER_SECOND if row["coexistent"] else STANDARD_THROUGHPUT_PER_SECOND
        )
        _set_throughput(number, per_second)
    if row.get("upgrade"):
        number.upgrading_until = world.clock.now() + UPGRADE_SECONDS
        world.scheduler.at(number.upgrading_until, _upgraded, world, number)
    return list_numbers(world, request)


def _set_throughput(number: Number, per_second: int) -> None:
    number.settings = replace(number.settings, throughput_per_second=per_second)
    number.window = ThroughputWindow(number.settings.throughput_per_second)


def _upgraded(world: World, number: Number) -> None:
    _set_throughput(number, HIGH_THROUGHPUT_PER_SECOND)
    value = {
        "display_phone_number": number.settings.display_phone_number,
        "event": "THROUGHPUT_UPGRADE",
        "max_daily_conversations_per_business": world.limit.tier,
    }
    emit_management(world, "phone_number_quality_update", value)


def list_numbers(world: World, request: Request) -> Response:
    """List the business numbers with their quality, speed and used free service messages."""
    del request
    now = world.clock.now()
    return json_response({"data": [_number_json(world, number, now) for number in world.numbers.values()]})


def _number_json(world: World, number: Number, now: float) -> dict[str, Any]:
    return {
        "number": number.settings.phone_number_id,
        "quality": number.health.rating,
        "throughput": number.settings.throughput_per_second,
        "coexistent": number.settings.is_coexistent,
        "upgrading": now < number.upgrading_until,
        "free_service_messages_used": world.allowance.used(number.settings.phone_number_id, now),
        "users_in_moving_day": world.limit.used(now),
        "tier": world.limit.tier,
    }


def judge_template(world: World, request: Request) -> Response:
    """Set a template's `quality` (RED pauses it) or the `pacing` verdict on its first batch: good or bad."""
    row = read_object(request)
    template = world.templates.find(str(row.get("name")), str(row.get("language")))
    if template is None:
        raise ControlError("name, language: no such template")
    if "pacing" in row:
        if row["pacing"] not in ("good", "bad"):
            raise ControlError("pacing: expected good or bad")
        world.pacing.verdicts[template.name] = row["pacing"] == "good"
    if "quality" in row:
        if row["quality"] not in RATINGS:
            raise ControlError(f"quality: expected one of {', '.join(sorted(RATINGS))}")
        set_template_quality(world, template, row["quality"])
    current = world.templates.find(template.name, template.language)
    return json_response(
        {
            "quality": world.health_of(template.template_id).rating,
            "status": current.status if current is not None else None,
        }
    )
