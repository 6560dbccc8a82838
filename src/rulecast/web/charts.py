"""Options of the page's charts, as pure functions of a funnel or a timeline."""

from collections.abc import Mapping, Sequence
from typing import Any

from rulecast.observe import Funnel, rates_of
from rulecast.observe.store import TimelinePoint

INK = "#14202b"
MUTED = "#65727f"
LINE = "#e3e8ed"
# One colour per meaning, everywhere on the page.
COLOURS: Mapping[str, str] = {
    "considered": "#9aa8b5",
    "planned": "#4b6478",
    "accepted": "#2f6fb5",
    "delivered": "#1b8a7a",
    "read": "#35a86b",
    "clicked": "#7a5bc7",
    "replied": "#a35bb5",
    "converted": "#c2851b",
    "opted_out": "#d9822b",
    "failed": "#c9372c",
    "excluded": "#b9c4ce",
}
STEP_NAMES: Mapping[str, str] = {
    "planned": "Planned",
    "accepted": "Accepted",
    "delivered": "Delivered",
    "read": "Read, at least",
    "clicked": "Clicked",
    "replied": "Replied",
    "converted": "Converted",
    "opted_out": "Opted out",
    "failed": "Failed",
}
REASONS_SHOWN = 10
FONT = {"fontFamily": "Roboto, system-ui, sans-serif", "color": INK}
# A key that begins with a colon is evaluated in the browser; this text is a constant of ours.
LABEL = {
    "show": True,
    "position": "right",
    "color": INK,
    "fontWeight": 500,
    ":formatter": "bar => Number(bar.value).toLocaleString('en-US')",
}

Options = dict[str, Any]


def funnel_options(funnel: Funnel) -> Options:
    """Return a bar per step, longest first, with the number beside it."""
    rates = [rate for rate in rates_of(funnel) if rate.name in STEP_NAMES]
    return {
        "textStyle": FONT,
        "animationDuration": 300,
        "animationDurationUpdate": 500,
        "grid": {"left": 8, "right": 56, "top": 4, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "show": False, "max": max(funnel.planned, 1)},
        "yAxis": _categories([STEP_NAMES[rate.name] for rate in rates]),
        "series": [
            {
                "type": "bar",
                "barWidth": "62%",
                "showBackground": True,
                "backgroundStyle": {"color": "#f1f4f7", "borderRadius": 3},
                "label": dict(LABEL),
                "data": [
                    {
                        "value": rate.count,
                        "itemStyle": {"color": COLOURS[rate.name], "borderRadius": 3},
                    }
                    for rate in rates
                ],
            }
        ],
    }


def waterfall_options(funnel: Funnel, names: Mapping[str, str]) -> Options:
    """Return the waterfall of the plan: everyone considered, minus each reason, down to the planned."""
    steps = _waterfall(funnel, names)
    return {
        "textStyle": FONT,
        "animationDuration": 300,
        "grid": {"left": 8, "right": 56, "top": 4, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "show": False, "max": max(funnel.considered, 1)},
        "yAxis": _categories([name for name, _, _, _ in steps]),
        "series": [
            {
                "type": "bar",
                "stack": "waterfall",
                "silent": True,
                "itemStyle": {"color": "transparent"},
                "data": [base for _, base, _, _ in steps],
            },
            {
                "type": "bar",
                "stack": "waterfall",
                "barWidth": "62%",
                "label": dict(LABEL),
                "data": [
                    {"value": value, "itemStyle": {"color": colour, "borderRadius": 3}}
                    for _, _, value, colour in steps
                ],
            },
        ],
    }


def timeline_options(points: Sequence[TimelinePoint]) -> Options:
    """Return one line per thing that happened, over time."""
    whats = [
        what for what in ("accepted", "delivered", "read", "failed") if any(p.what == what for p in points)
    ]
    return {
        "useUTC": True,
        "textStyle": FONT,
        "color": [COLOURS[what] for what in whats],
        "animation": False,
        "legend": {
            "data": [STEP_NAMES[what] for what in whats],
            "left": 0,
            "top": 0,
            "icon": "roundRect",
            "itemWidth": 10,
            "itemHeight": 10,
            "textStyle": {"color": MUTED},
        },
        "tooltip": {"trigger": "axis", "confine": True},
        "grid": {"left": 8, "right": 16, "top": 36, "bottom": 8, "containLabel": True},
        "xAxis": {
            "type": "time",
            "axisLine": {"lineStyle": {"color": LINE}},
            "axisLabel": {"color": MUTED, "hideOverlap": True},
        },
        "yAxis": {
            "type": "value",
            "minInterval": 1,
            "axisLabel": {"color": MUTED},
            "splitLine": {"lineStyle": {"color": LINE}},
        },
        "series": [
            {
                "name": STEP_NAMES[what],
                "type": "line",
                "symbol": "circle",
                "symbolSize": 5,
                "showSymbol": len(points) < REASONS_SHOWN * 6,
                "lineStyle": {"width": 2},
                "areaStyle": {"opacity": 0.06},
                "data": [
                    [point.bucket.isoformat(), point.messages] for point in points if point.what == what
                ],
            }
            for what in whats
        ],
    }


def _waterfall(funnel: Funnel, names: Mapping[str, str]) -> list[tuple[str, int, int, str]]:
    """Return name, start, length and colour of every bar."""
    steps = [("Considered", 0, funnel.considered, COLOURS["considered"])]
    left = funnel.considered
    shown = list(funnel.excluded.items())[:REASONS_SHOWN]
    rest = funnel.excluded_people - sum(count for _, count in shown)
    if rest:
        shown.append(("other reasons", rest))
    for reason, count in shown:
        left -= count
        steps.append((names.get(reason, reason), left, count, COLOURS["excluded"]))
    steps.append(("Planned", 0, funnel.planned, COLOURS["planned"]))
    return steps


def _categories(names: list[str]) -> Options:
    return {
        "type": "category",
        "inverse": True,
        "data": names,
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {"color": INK, "fontSize": 13},
    }
