"""What becomes of an accepted message: a function of the seed, the phone and the template alone."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from statistics import NormalDist
from typing import Any, Literal, get_args

from cloud_api_simulator.behaviour import Behaviour
from cloud_api_simulator.calling_codes import has_us_area_code
from cloud_api_simulator.chance import Chance
from cloud_api_simulator.people import Person
from cloud_api_simulator.templates import Template

STOP_WORDS = ("STOP", "Stop", "stop", "ARRET", "Arrêt", "توقف", "stop svp", "Unsubscribe")
REPLIES = (
    "Merci",
    "Ok",
    "C'est combien ?",
    "شكرا",
    "Thanks!",
    "Est-ce disponible à Rabat ?",
    "👍",
    "Not for me",
)

# The per-user cap does not apply in the EEA, the United Kingdom, Japan and South Korea (Cloud API docs:
# per-user marketing limits).
_WITHOUT_CAP = frozenset(
    {
        *(
            "AT",
            "BE",
            "BG",
            "HR",
            "CY",
            "CZ",
            "DK",
            "EE",
            "FI",
            "FR",
            "DE",
            "GR",
            "HU",
            "IE",
            "IT",
            "LV",
            "LT",
        ),
        *("LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO", "GB", "JP", "KR"),
    }
)
_NORMAL = NormalDist()
_EDGE = 1e-6
Step = Literal["delivered", "late", "read", "reaction"]
_LOGNORMAL: Mapping[Step, Callable[[Behaviour], tuple[float, float, float]]] = {
    step: attrgetter(f"{step}_seconds_median", f"{step}_sigma", f"{step}_seconds_max")
    for step in get_args(Step)
}
"""What gives a step's median, sigma and longest delay."""
TIME_TO_LIVE_SECONDS = 30 * 86_400.0
"""Seconds WhatsApp tries to deliver, by default (Cloud API docs: time to live)."""
AUTHENTICATION_LIVE_SECONDS = 600.0
"""The same for authentication templates (Cloud API docs: time to live)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What the person does after seeing a message: `kind` is text, button or preference."""

    kind: str
    after_seconds: float
    text: str = ""
    button_index: int = 0
    is_stop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A fetch of the link in a URL button by the person or by a preview bot."""

    button_index: int
    after_seconds: float
    by: str
    method: str = "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the course of the run adds to a message: all of it as at the acceptance.

    `marketing_count` are the marketing templates this person got in the cap's window, `is_punished` says that
    one failed with 131049 less than a day ago, `refusal` is an error decided elsewhere (media, payment, limit).
    """

    window_is_open: bool = False
    entry_point_is_open: bool = False
    blocked_by_business: bool = False
    blocked_by_person: bool = False
    marketing_count: int = 0
    is_punished: bool = False
    refusal: int | None = None


ORDINARY = Circumstances()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The course of one accepted message; delays in virtual seconds, each after the step before."""

    failure_code: int | None = None
    sent_after: float = 1.0
    delivered_after: float | None = None
    delivered_is_silent: bool = False
    seen_after: float | None = None
    read_is_silent: bool = False
    reaction: Reaction | None = None
    grievance: str | None = None
    fetches: tuple[Fetch, ...] = ()


def decide_outcome(
    person: Person,
    template: Template | None,
    behaviour: Behaviour,
    chance: Chance,
    *,
    circumstances: Circumstances = ORDINARY,
) -> Outcome:
    """Return the course of an accepted message.

    The order of refusals is that of Meta's asynchronous checks (platform reference 10): window 131047, stop
    list 131050, blocked 130403 or 131026, not on WhatsApp 131026, United States 131049, per-user cap 131049,
    experiment 130472, media 131053. Free-form messages (`template` None) are only sent, delivered and read,
    unless the habit `taps_row` answers.
    """
    draws = chance.draws("message", person.wa_id, template.name if template is not None else "")
    sent_after = behaviour.sent_seconds_min + draws[5] * (
        behaviour.sent_seconds_max - behaviour.sent_seconds_min
    )
    failure = _failure(person, template, behaviour, draws, now=circumstances)
    if failure is not None:
        return Outcome(failure_code=failure, sent_after=sent_after)
    habits = person.habits
    is_late = bool(habits.get("late", draws[2] >= 1 - behaviour.late_rate))
    never = circumstances.blocked_by_person or not habits.get(
        "delivered", is_late or draws[2] < behaviour.delivered_rate
    )
    delivered_after = _delay(behaviour, "late" if is_late else "delivered", draws[6])
    if never or delivered_after > time_to_live(template):
        # Cloud API docs: time to live. The message is dropped without a webhook.
        return Outcome(sent_after=sent_after, fetches=_bot_fetches(template, habits, behaviour, draws))
    reaction = _reaction(template, habits, behaviour, draws)
    clicks = _clicks(template, habits, behaviour, draws)
    acts = bool(reaction is not None or clicks)
    seen = habits.get("reads", acts or draws[3] < behaviour.read_rate)
    return Outcome(
        sent_after=sent_after,
        delivered_after=delivered_after,
        delivered_is_silent=bool(seen)
        and person.read_receipts
        and draws[14] < behaviour.delivered_skipped_rate,
        seen_after=_delay(behaviour, "read", draws[8]) if seen else None,
        read_is_silent=not person.read_receipts,
        reaction=reaction if seen else None,
        grievance=_grievance(habits, behaviour, draws[7]) if seen else None,
        fetches=_bot_fetches(template, habits, behaviour, draws) + (clicks if seen else ()),
    )


def _failure(
    person: Person,
    template: Template | None,
    behaviour: Behaviour,
    draws: tuple[float, ...],
    *,
    now: Circumstances,
) -> int | None:
    marketing = template is not None and template.is_marketing
    checks = (
        (131047, template is None and not now.window_is_open),
        (131050, marketing and person.stopped),
        (130403, now.blocked_by_business),
        (131026, now.blocked_by_person and behaviour.blocked_person != "silent"),
        (131026, not person.has_whatsapp),
        (131049, marketing and behaviour.us_marketing_is_stopped and has_us_area_code(person.wa_id)),
        (131049, marketing and _is_capped(person, behaviour, draws[0], now)),
        (130472, marketing and not _has_open_talk(now) and draws[1] < behaviour.experiment_rate),
        (now.refusal, now.refusal is not None),
    )
    return next((code for code, applies in checks if applies), None)


def _has_open_talk(now: Circumstances) -> bool:
    return now.window_is_open or now.entry_point_is_open


def _is_capped(person: Person, behaviour: Behaviour, draw: float, now: Circumstances) -> bool:
    """Return whether the per-user cap holds a marketing template back (platform reference 4.4).

    A share by hash always, whoever got more in the window than their engagement bears, and whoever was
    refused for it less than a day ago.
    """
    exempt = person.country in _WITHOUT_CAP
    if person.habits.get("capped", draw < behaviour.capped_rate and not exempt):
        return True
    if exempt or now.window_is_open or "capped" in person.habits:
        return False
    spread = behaviour.marketing_cap_max - behaviour.marketing_cap_min + 1
    threshold = behaviour.marketing_cap_min + int(person.engagement * spread)
    is_over = behaviour.marketing_cap_max > 0 and now.marketing_count >= threshold
    return is_over or (behaviour.repetition_is_punished and now.is_punished)


def time_to_live(template: Template | None) -> float:
    """Return the seconds an undelivered message is tried (Cloud API docs: time to live).

    Ten minutes for authentication, thirty days for everything else, unless the template says otherwise.
    """
    if template is None:
        return TIME_TO_LIVE_SECONDS
    own = getattr(template, "message_send_ttl_seconds", None)
    if isinstance(own, int) and own > 0:
        return float(own)
    return AUTHENTICATION_LIVE_SECONDS if template.category == "AUTHENTICATION" else TIME_TO_LIVE_SECONDS


def _grievance(habits: Mapping[str, Any], behaviour: Behaviour, draw: float) -> str | None:
    """Return what an annoyed reader does: `block` or `report`; neither makes a webhook (Cloud API docs)."""
    if habits.get("reports", draw < behaviour.report_rate):
        return "report"
    if habits.get("blocks", draw < behaviour.report_rate + behaviour.block_rate):
        return "block"
    return None


def _delay(behaviour: Behaviour, step: Step, draw: float) -> float:
    """Return a lognormal delay in virtual seconds, at most the step's longest."""
    median, sigma, longest = _LOGNORMAL[step](behaviour)
    return min(median * math.exp(sigma * _NORMAL.inv_cdf(min(max(draw, _EDGE), 1 - _EDGE))), longest)


def _reaction(
    template: Template | None, habits: Mapping[str, Any], behaviour: Behaviour, draws: tuple[float, ...]
) -> Reaction | None:
    after = habits.get("reacts_after_seconds")
    after = float(_delay(behaviour, "reaction", draws[13]) if after is None else after)
    if template is None:
        index = habits.get("taps_row")
        return _tap(None if index is None else int(index), after, is_stop=False)
    stop_index = next((index for index, button in enumerate(template.buttons) if button.is_stop), None)
    if "will_reply" in habits:
        text = str(habits["will_reply"])
        return (
            Reaction(kind="text", after_seconds=after, text=text, is_stop=is_stop_text(text))
            if text
            else None
        )
    if habits.get("taps_stop_button"):
        return _tap(stop_index, after, is_stop=True)
    if "taps_button" in habits:
        index = int(habits["taps_button"])
        return _tap(index, after, is_stop=index == stop_index) if 0 <= index < len(template.buttons) else None
    if habits.get("prefers_stop"):
        return Reaction(kind="preference", after_seconds=after, is_stop=True)
    return _chance_reaction(template, behaviour, draws, after=after, stop_index=stop_index)


def _tap(index: int | None, after: float, *, is_stop: bool) -> Reaction | None:
    return (
        None
        if index is None
        else Reaction(kind="button", after_seconds=after, button_index=index, is_stop=is_stop)
    )


def _chance_reaction(
    template: Template,
    behaviour: Behaviour,
    draws: tuple[float, ...],
    *,
    after: float,
    stop_index: int | None,
) -> Reaction | None:
    draw = draws[4]
    if template.is_marketing:
        if draw < behaviour.stop_text_rate:
            return Reaction(
                kind="text",
                after_seconds=after,
                text=STOP_WORDS[int(draws[15] * len(STOP_WORDS))],
                is_stop=True,
            )
        draw -= behaviour.stop_text_rate
        if draw < behaviour.stop_button_rate:
            return _tap(stop_index, after, is_stop=True)
        draw -= behaviour.stop_button_rate
        if draw < behaviour.prefers_stop_rate:
            return Reaction(kind="preference", after_seconds=after, is_stop=True)
        draw -= behaviour.prefers_stop_rate
    if draw < behaviour.button_rate:
        others = [
            index
            for index, button in enumerate(template.buttons)
            if button.kind == "QUICK_REPLY" and not button.is_stop
        ]
        return _tap(others[int(draws[15] * len(others))], after, is_stop=False) if others else None
    if draw - behaviour.button_rate < behaviour.reply_rate:
        return Reaction(kind="text", after_seconds=after, text=REPLIES[int(draws[15] * len(REPLIES))])
    return None


def _url_index(template: Template | None) -> int | None:
    if template is None:
        return None
    return next(
        (index for index, button in enumerate(template.buttons) if button.kind == "URL" and button.url), None
    )


def _clicks(
    template: Template | None, habits: Mapping[str, Any], behaviour: Behaviour, draws: tuple[float, ...]
) -> tuple[Fetch, ...]:
    index = _url_index(template)
    count = int(habits.get("clicks", draws[9] < behaviour.click_rate))
    if index is None or count <= 0:
        return ()
    after = _delay(behaviour, "reaction", draws[10])
    return tuple(
        Fetch(button_index=index, after_seconds=after * (1 + turn), by="person") for turn in range(count)
    )


def _bot_fetches(
    template: Template | None, habits: Mapping[str, Any], behaviour: Behaviour, draws: tuple[float, ...]
) -> tuple[Fetch, ...]:
    index = _url_index(template)
    if index is None or not habits.get("preview_bot", draws[11] < behaviour.preview_bot_rate):
        return ()
    method = "HEAD" if draws[12] < 1 / 3 else "GET"
    return (Fetch(button_index=index, after_seconds=draws[10], by="preview_bot", method=method),)


_STOP_TEXTS = frozenset(word.casefold() for word in STOP_WORDS) | {
    *("arret", "arrêter", "désabonner", "desabonner", "stop promotions", "unsubscribe from promos"),
    *("baja", "sair", "إيقاف", "إلغاء"),
}


def is_stop_text(text: str) -> bool:
    """Return whether a typed text is plainly a stop; only the ledger uses this, Meta does not parse texts."""
    return text.strip().strip(".!").casefold() in _STOP_TEXTS
