"""Analytics of messages, prices and templates, counted from the ledger (platform reference 8.4-8.6)."""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from cloud_api_simulator.calling_codes import country_of
from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.graph_request import Call, split_words
from cloud_api_simulator.http_server import Response, json_response
from cloud_api_simulator.world import World

DAY_SECONDS = 86_400
STEP_SECONDS: Mapping[str, int] = {
    "HALF_HOUR": 1_800,
    "DAY": DAY_SECONDS,
    "DAILY": DAY_SECONDS,
    "MONTH": 30 * DAY_SECONDS,
    "MONTHLY": 30 * DAY_SECONDS,
}
"""Granularities; a month is taken as thirty days here."""
TEMPLATE_LOOKBACK_SECONDS = 90 * DAY_SECONDS
"""How far template analytics reach back (platform reference 8.6)."""
TEMPLATES_MAX = 10
"""Most templates of one template_analytics call (platform reference 8.6)."""
COSTS: Mapping[str, float] = {
    "MARKETING": 0.0250,
    "UTILITY": 0.0034,
    "AUTHENTICATION": 0.0034,
    "SERVICE": 0.0034,
}
"""USD per delivered message, the North America rows of platform reference 5.5: one card for everybody."""

_CALL = re.compile(r"\.(\w+)\(([^()]*)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One status of the ledger with what its message was."""

    status: str
    at: int
    number: str
    phone: str
    template: str
    language: str


def read_modifiers(field: str) -> dict[str, str]:
    """Return the parameters of a field such as `analytics.start(1).end(2)` by name."""
    return dict(_CALL.findall(field))


async def analytics(world: World, asked: Mapping[str, str]) -> JsonObject:
    """Return the `analytics` field: sent and delivered per step (platform reference 8.4)."""
    start, end, step = _period(asked)
    rows = await _passed(world, start, end)
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[_step_of(row.at, start, step)][row.status] += 1
    points = [
        {"start": at, "end": at + step, "sent": count["sent"], "delivered": count["delivered"]}
        for at, count in sorted(counts.items())
    ]
    numbers = sorted(
        {
            world.numbers[row.number].settings.display_phone_number
            for row in rows
            if row.number in world.numbers
        }
    )
    return {
        "phone_numbers": numbers,
        "country_codes": sorted({country_of(row.phone) for row in rows}),
        "granularity": asked.get("granularity", "DAY"),
        "data_points": points,
    }


async def pricing_analytics(world: World, asked: Mapping[str, str]) -> JsonObject:
    """Return the `pricing_analytics` field: volume and cost of delivered messages (platform reference 8.5)."""
    start, end, step = _period(asked)
    dimensions = set(split_words(asked.get("dimensions", "")))
    counts: Counter[tuple[int, str, str, str]] = Counter()
    for row in await _passed(world, start, end):
        if row.status == "delivered":
            template = world.templates.find(row.template, row.language)
            category = (
                template.category if template is not None else "MARKETING" if row.template else "SERVICE"
            )
            country = country_of(row.phone) if "COUNTRY" in dimensions else ""
            number = row.number if "PHONE" in dimensions else ""
            counts[_step_of(row.at, start, step), country, number, category] += 1
    points = []
    for (at, country, number, category), volume in sorted(counts.items()):
        point: JsonObject = {"start": at, "end": at + step}
        if country:
            point["country"] = country
        if number:
            point["phone_number"] = world.numbers[number].settings.display_phone_number
        point["pricing_type"] = "REGULAR"
        point["pricing_category"] = category
        point["volume"] = volume
        point["cost"] = round(volume * COSTS[category], 6)
        points.append(point)
    return {"data": [{"data_points": points}]}


async def show_template_analytics(call: Call) -> Response:
    """`GET /{waba-id}/template_analytics`: sent, delivered, read per day and template (reference 8.6)."""
    world, query = call.world, call.query
    if not world.graph.account_fields.get("is_enabled_for_insights"):
        raise ApiError(200006, message="(#200006) Template insights are not enabled for this account.")
    start, end, step = _period({**query, "granularity": query.get("granularity", "DAILY")})
    if start % DAY_SECONDS or end % DAY_SECONDS:
        raise ApiError(100, message="(#100) Params start and end must be aligned to days.")
    if start < world.clock.now() - TEMPLATE_LOOKBACK_SECONDS - DAY_SECONDS:
        raise ApiError(100, message="(#100) Param start must be within the last 90 days.")
    identities = call.words("template_ids")
    if not 1 <= len(identities) <= TEMPLATES_MAX:
        raise ApiError(100, message=f"(#100) Param template_ids must have 1 to {TEMPLATES_MAX} elements.")
    counts = await _template_counts(world, start, end, step)
    points = [
        {"template_id": identity, "start": at, "end": at + step, **_point(count)}
        for (at, identity), count in sorted(counts.items())
        if identity in identities
    ]
    answer = call.page([{"granularity": "DAILY", "product_type": "cloud_api", "data_points": points}])
    return json_response(answer)


async def _template_counts(
    world: World, start: int, end: int, step: int
) -> dict[tuple[int, str], Counter[str]]:
    counts: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for row in await _passed(world, start, end):
        template = world.templates.find(row.template, row.language)
        if template is not None:
            counts[_step_of(row.at, start, step), template.template_id][row.status] += 1
    return counts


def _point(count: Counter[str]) -> JsonObject:
    return {name: count[name] for name in ("sent", "delivered", "read")}


async def compare_templates(call: Call) -> Response:
    """`GET /{template-id}/compare`: block rate and sends of two templates (platform reference 7.2)."""
    start, end, step = _period({**call.query, "granularity": "DAILY"})
    days = round((end - start) / DAY_SECONDS)
    if days not in (7, 30, 60, 90):
        raise ApiError(100, message="(#100) The period must be 7, 30, 60 or 90 days.")
    identities = [call.node, *call.words("template_ids")]
    counts = await _template_counts(call.world, start, end, step)
    sends = {
        identity: sum(count["sent"] for (_, one), count in counts.items() if one == identity)
        for identity in identities
    }
    by_rate = sorted(
        identities, key=lambda identity: call.world.health_of(identity).share(call.world.clock.now())
    )
    return json_response(
        {
            "data": [
                {"metric": "BLOCK_RATE", "type": "RELATIVE", "order_by_relative_metric": by_rate},
                {
                    "metric": "MESSAGE_SENDS",
                    "type": "NUMBER_VALUES",
                    "number_values": [{"key": key, "value": value} for key, value in sends.items()],
                },
                {
                    "metric": "TOP_BLOCK_REASON",
                    "type": "STRING_VALUES",
                    "string_values": [{"key": key, "value": "UNKNOWN_BLOCK_REASON"} for key in identities],
                },
            ]
        }
    )


def _period(asked: Mapping[str, str]) -> tuple[int, int, int]:
    numbers = []
    for name in ("start", "end"):
        text = asked.get(name, "")
        if not text.isascii() or not text.isdigit():
            raise ApiError(100, message=f"(#100) The parameter {name} is required.")
        numbers.append(int(text[:12]))
    granularity = asked.get("granularity", "DAY")
    if granularity not in STEP_SECONDS:
        wanted = ", ".join(sorted(STEP_SECONDS))
        raise ApiError(100, message=f"(#100) Param granularity must be one of {{{wanted}}}.")
    if numbers[0] >= numbers[1]:
        raise ApiError(100, message="(#100) Param start must be before end.")
    return numbers[0], numbers[1], STEP_SECONDS[granularity]


def _step_of(at: int, start: int, step: int) -> int:
    return start + (at - start) // step * step


async def _passed(world: World, start: int, end: int) -> list[Passed]:
    """Return the statuses of a period; a run's ledger is long, so it is read in a thread."""
    world.ledger.flush()
    return await asyncio.to_thread(lambda: list(_read(world.ledger.path, lambda at: start <= at < end)))


def _read(path: Path, is_inside: Callable[[float], bool]) -> Iterator[Passed]:
    asked: dict[str, tuple[str, str]] = {}
    decode = msgspec.json.decode
    with path.open("rb") as lines:
        for line in lines:
            if b'"kind":"request"' not in line and b'"kind":"update"' not in line:
                continue
            row: dict[str, Any] = decode(line)
            if row["kind"] == "request":
                if row.get("wamid"):
                    asked[row["wamid"]] = (row.get("template") or "", row.get("language") or "")
            elif row["update"] in ("sent", "delivered", "read") and is_inside(row["virtual"]):
                template, language = asked.get(row.get("wamid", ""), ("", ""))
                yield Passed(
                    status=row["update"],
                    at=int(row["virtual"]),
                    number=row.get("number") or "",
                    phone=row.get("phone") or "",
                    template=template,
                    language=language,
                )
