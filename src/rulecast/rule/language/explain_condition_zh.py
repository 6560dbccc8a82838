"""Conditions in plain Chinese."""

# ruff: noqa: RUF001 - Chinese sentences have the signs of Chinese.
import re
from decimal import Decimal

from rulecast.rule.language import condition as c
from rulecast.rule.language.format_values import format_amount, format_scalar, quoted
from rulecast.rule.language.keywords import CLOSED_WORD, chinese_of

OPERATORS: dict[c.Operator, str] = {
    "=": "等于",
    "!=": "不等于",
    "<": "小于",
    "<=": "不大于",
    ">": "大于",
    ">=": "不小于",
}
OPERATIONS = {"+": "加", "-": "减", "*": "乘以", "/": "除以"}
BINDING = {"+": 1, "-": 1, "*": 2, "/": 2}
KINDS = {
    "sum": "的总和",
    "average": "的平均值",
    "smallest": "的最小值",
    "largest": "的最大值",
    "distinct": "的不同值个数",
}
GAPS = {"longest": "最长", "shortest": "最短", "average": "平均", "last": "最近一次"}
CURRENT = {"days": "当天", "weeks": "本周", "months": "本月"}
WORKING_DAYS = tuple(c.Weekday)[:5]


# Texts in quotes, kept as parts of their own.
PARTS = re.compile(r'("(?:\\.|[^"\\])*")')
BORDER = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?=[\u4e00-\u9fff])")
# Chinese words stand side by side.
SPACES = re.compile(r"(?<=[\u4e00-\u9fff，。：；]) +(?=[\u4e00-\u9fff])| +(?= )")


def duration(found: c.Duration) -> str:
    """Return a length of time."""
    return f"{found.amount} {_unit(found.unit)}"


def _unit(unit: str) -> str:
    return chinese_of("UNIT", unit) or chinese_of("PERIOD", unit) or unit


def scalar(value: c.Scalar) -> str:
    """Return a value."""
    if isinstance(value, bool):
        return "真" if value else "假"
    return format_scalar(value)


def _word(word: str) -> str:
    return chinese_of(CLOSED_WORD, word) or word


def describe_condition(condition: c.Condition) -> str:
    """Return a condition as a clause of a sentence."""
    return spaced(_condition(condition))


def describe_pattern(pattern: c.EventPattern) -> str:
    """Return an event in words."""
    return spaced(_pattern(pattern))


def spaced(text: str) -> str:
    """Return a sentence with a space between Chinese and other words; texts in quotes stay as they are."""
    return "".join(
        part if part.startswith('"') else BORDER.sub(" ", SPACES.sub("", part)) for part in PARTS.split(text)
    )


def _condition(condition: c.Condition) -> str:  # noqa: PLR0911 - one return per kind of node
    match condition:
        case c.And():
            return "（" + "，且".join(_condition(part) for part in condition.parts) + "）"
        case c.Or():
            return "（" + "，或".join(_condition(part) for part in condition.parts) + "）"
        case c.Not():
            return f"以下不成立：{_condition(condition.part)}"
        case c.Did() | c.DidInPeriods() | c.DidThen():
            return _done(condition)
        case c.Measure() | c.EdgeEvent() | c.Gap() | c.PerKey() | c.SilentFor():
            return _event_atom(condition)
        case (
            c.HasTag()
            | c.HasLabel()
            | c.InSegment()
            | c.ConsentGranted()
            | c.LocalTime()
            | c.LocalWeekday()
            | c.Bucket()
            | c.Everybody()
        ):
            return _person_atom(condition)
        case _:
            return _field_atom(condition)


# ---- fields
def _field_atom(atom: c.FieldAtom) -> str:  # noqa: C901, PLR0911 - one return per kind of node
    name = atom.field.name
    match atom:
        case c.Comparison():
            missing = "或缺失" if atom.operator == "!=" else ""
            return f"{name} {OPERATORS[atom.operator]} {scalar(atom.value.value)}{missing}"
        case c.Between():
            return f"{name} 介于 {scalar(atom.low.value)} 和 {scalar(atom.high.value)} 之间"
        case c.OneOf():
            return f"{name} 是 {_listing(atom.values)} 之一"
        case c.Contains():
            quantity = {"one": "", "any": "以下任一：", "all": "以下全部："}[atom.mode]
            return f"{name} 包含{quantity or ' '}{_listing(atom.values)}"
        case c.StartsWith():
            return f"{name} 以 {scalar(atom.prefix.value)} 开头"
        case c.Matches():
            return f"{name} 符合表达式 {scalar(atom.pattern.value)}"
        case c.Presence():
            return f"{name} {'已知' if atom.is_set else '缺失'}"
        case c.Ago():
            when = "超过" if atom.direction == "before" else "不超过"
            return f"{name} 距今{when} {duration(atom.duration)}"
        case c.FieldWindow():
            when = "未来" if atom.direction == "next" else "最近"
            return f"{name} 在{when} {duration(atom.duration)}内"
        case c.Anniversary():
            what = "生日" if name == "birth_date" else f"{name} 的周年日"
            return f"{what}是今天" if atom.days == 1 else f"{what}在今天或之后 {atom.days - 1} 天内"
        case c.Near():
            return f"{name} 距{_point(atom)}不超过 {format_amount(atom.amount)} {_distance(atom.unit)}"


def _distance(unit: str) -> str:
    return chinese_of("DISTANCE", unit) or unit


def _point(atom: c.Near) -> str:
    if atom.place_name is not None:
        return f"地点 {quoted(atom.place_name)} "
    latitude, longitude = atom.latitude or Decimal(0), atom.longitude or Decimal(0)
    north = "北纬" if latitude >= 0 else "南纬"
    east = "东经" if longitude >= 0 else "西经"
    return f"{north} {abs(latitude)} 度、{east} {abs(longitude)} 度的地点"


def _listing(values: tuple[c.Constant, ...]) -> str:
    return "、".join(scalar(value.value) for value in values)


# ---- people
def _person_atom(atom: c.PersonAtom) -> str:  # noqa: PLR0911 - one return per kind of node
    match atom:
        case c.HasTag():
            return f"有标签 {quoted(atom.tag)}"
        case c.HasLabel():
            value = f"，其值为 {quoted(atom.value)}" if atom.value is not None else ""
            return f"有标记 {quoted(atom.label)}{value}"
        case c.InSegment():
            return f"属于人群 {quoted(atom.name)}"
        case c.ConsentGranted():
            return f"有证据表明已同意用于{_word(atom.purpose)}{_age(atom)}"
        case c.LocalTime():
            return f"当地时间已到 {atom.start:%H:%M} 且未到 {atom.end:%H:%M}"
        case c.LocalWeekday():
            days = "工作日" if atom.days == WORKING_DAYS else "或".join(_word(day) for day in atom.days)
            return f"当地是{days}"
        case c.Bucket():
            return f"按 {quoted(atom.salt)} 分成的 100 份中属于前 {atom.below} 份"
        case c.Everybody():
            return "所有人"


def _age(atom: c.ConsentGranted) -> str:
    if atom.duration is None:
        return ""
    return f"，且距今{'超过' if atom.direction == 'before' else '不超过'} {duration(atom.duration)}"


# ---- events
def _done(atom: c.Did | c.DidInPeriods | c.DidThen) -> str:
    match atom:
        case c.Did():
            verb = "没有" if atom.negated else "有"
            return f"{_window(atom.window)}{verb}{_pattern(atom.pattern)}{_times(atom)}"
        case c.DidInPeriods():
            verb = "并未" if atom.negated else ""
            zone = f"（按 {atom.named_zone} 的时间）" if atom.named_zone is not None else ""
            event = _pattern(atom.pattern)
            return f"{_window(atom.window)}{verb}在至少 {atom.minimum} 个不同的{_period(atom)}{zone}发生过{event}"
        case c.DidThen():
            first = "首次" if atom.first_only else ""
            then = "之后没有" if atom.then_not else "之后又有"
            same = f"（{'、'.join(atom.same)} 相同）" if atom.same else ""
            return (
                f"{_window(atom.window)}{first}有{_pattern(atom.first)}，且 {duration(atom.within)}内{then}"
                f"{_pattern(atom.second)}{same}"
            )


def _period(atom: c.DidInPeriods) -> str:
    return {"days": "日子", "weeks": "周", "months": "月份"}[atom.unit]


def _times(atom: c.Did) -> str:
    if atom.maximum is None:
        return f"，至少 {atom.minimum} 次" if atom.minimum > 1 else ""
    often = "恰好" if atom.minimum == atom.maximum else "最多"
    return f"，{often} {atom.maximum} 次"


def _pattern(pattern: c.EventPattern) -> str:
    where = f"（其中 {_condition(pattern.where)}）" if pattern.where is not None else ""
    return f"事件 {pattern.event}{where}"


def _event_atom(atom: c.Measure | c.EdgeEvent | c.Gap | c.PerKey | c.SilentFor) -> str:
    match atom:
        case c.Measure():
            return f"{_expression(atom.left)} {OPERATORS[atom.operator]} {_expression(atom.right)}"
        case c.EdgeEvent():
            which = "首次" if atom.which == "first" else "最近一次"
            event = f"{_window(atom.window)}{which}{_pattern(atom.pattern)}"
            return f"{event}满足：{_condition(atom.has)}"
        case c.Gap():
            event = f"{_window(atom.window)}{_pattern(atom.pattern)}"
            return f"{event}相邻两次之间的{GAPS[atom.which]}间隔{OPERATORS[atom.operator]} {duration(atom.duration)}"
        case c.PerKey():
            return f"对同一个 {'、'.join(atom.keys)}：{_condition(atom.condition)}"
        case c.SilentFor():
            length = duration(atom.duration)
            return f"相识超过 {length}，且最近 {length}内没有来信"


def _window(window: c.Window | None) -> str:  # noqa: PLR0911 - one return per kind of window
    match window:
        case None:
            return ""
        case c.LastWindow():
            return f"最近 {duration(window.duration)}内"
        case c.CalendarWindow():
            before = window.amount - 1
            earlier = f"及之前 {before} {chinese_of('PERIOD', window.unit)}" if before else ""
            return f"{CURRENT[window.unit]}{earlier}内"
        case c.DayWindow():
            return f"{scalar(window.day.value)} 当日"
        case c.AbsoluteWindow():
            return f"从 {scalar(window.start.value)} 到 {scalar(window.end.value)} 之前"
        case c.AgoWindow():
            return f"从 {duration(window.start)}前到 {duration(window.end)}前"
        case c.BeforeWindow():
            return f"超过 {duration(window.duration)}前"
        case c.FirstWindow():
            anchor = _pattern(window.anchor) if window.anchor is not None else "该事件"
            return f"自首次{anchor}起 {duration(window.duration)}内"


def _expression(expression: c.Expression) -> str:
    match expression:
        case c.Constant():
            value = expression.value
            return format_amount(value) if isinstance(value, Decimal) else scalar(value)
        case c.Field():
            return expression.name
        case c.Aggregate():
            event = f"{_window(expression.window)}{_pattern(expression.pattern)}"
            if expression.property is None:
                return f"{event}的次数"
            return f"{event}中 {expression.property.name} {KINDS[expression.kind]}"
        case c.Arithmetic():
            binding = BINDING[expression.operator]
            left, right = _operand(expression.left, binding), _operand(expression.right, binding + 1)
            return f"{left} {OPERATIONS[expression.operator]} {right}"


def _operand(expression: c.Expression, binding: int) -> str:
    text = _expression(expression)
    looser = isinstance(expression, c.Arithmetic) and BINDING[expression.operator] < binding
    return f"（{text}）" if looser else text
