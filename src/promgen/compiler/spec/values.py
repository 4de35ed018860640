"""The scalar types of the wire format: durations, ratios, quantities, names and times, each with its JSON Schema."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from promgen.base.decimals import divide
from promgen.base.durations import MILLISECONDS, Duration
from promgen.base.quantities import Quantity, parse_quantity, parse_ratio

NAME_PATTERN = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
ALERT_NAME_PATTERN = r"[A-Za-z][A-Za-z0-9_]{0,99}"
_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*/\s*(s|m|h|d)\s*")
_UTF8_LABEL = re.compile(r"[^\x00-\x1f]{1,200}")


def _bad(slug: str, message: str) -> PydanticCustomError:
    """A validation error that carries promgen's own problem slug as its type."""
    return PydanticCustomError("promgen", "{message}", {"slug": slug, "message": message})


def _duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if not isinstance(value, str):
        raise _bad(
            "spec/wrong-type", f"`{value}` is not a duration; write a number and a unit, such as 5m or 1h30m"
        )
    try:
        duration = Duration.parse(value)
    except ValueError as error:
        raise _bad("spec/bad-value", str(error)) from error
    if duration.ms == 0:
        raise _bad("spec/bad-value", f"`{value}` is no time at all")
    return duration


def _wait(value: Any) -> Duration:
    return Duration(0) if value == "0s" else _duration(value)


def _clock(value: Any) -> int:
    match = re.fullmatch(r"([01]\d|2[0-4]):([0-5]\d)", value) if isinstance(value, str) else None
    if match is None or (minutes := int(match[1]) * 60 + int(match[2])) > 24 * 60:
        raise _bad("spec/bad-value", f'`{value}` is not a time of the day; write for example "08:30"')
    return minutes


def _zone(value: Any) -> str:
    if not isinstance(value, str) or value not in _zones():
        raise _bad("spec/bad-value", f"`{value}` is no time zone; write for example Europe/London")
    return value


@cache
def _zones() -> frozenset[str]:
    """Names of time zones, the same on every machine; those of a system may have more, such as `localtime`."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def _path(value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise _bad("spec/wrong-type", f"`{value}` is no path of a file")
    return value


def _quantity(value: Any) -> Quantity:
    if isinstance(value, Quantity):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _bad(
            "spec/wrong-type",
            f"`{value}` is not a quantity; write a number and a unit, such as 500 ms or 85%",
        )
    try:
        return parse_quantity(str(value))
    except ValueError as error:
        raise _bad("spec/bad-unit", str(error)) from error


def _ratio(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _bad("spec/wrong-type", f"`{value}` is not a ratio; write a percentage such as 99.9%")
    try:
        return parse_ratio(str(value))
    except ValueError as error:
        raise _bad("spec/bad-unit", str(error)) from error


def _rate(value: Any) -> Decimal:
    match = _RATE.fullmatch(str(value)) if not isinstance(value, bool) else None
    if match is None and value != 0:
        raise _bad("spec/bad-unit", f"`{value}` is not a rate; write a number per time, such as 10/s or 90/m")
    return divide(Decimal(match[1]) * 1000, Decimal(MILLISECONDS[match[2]])) if match else Decimal(0)


def _objective(value: Any) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 1:
        raise _bad(
            "slo/objective-range", f"objective `{value}` is not below 1; write a percentage such as {value}%"
        )
    ratio = _ratio(value)
    if not 0 < ratio < 1:
        raise _bad("slo/objective-range", f"objective `{value}` is not between 0% and 100%, both excluded")
    return ratio


def _named(pattern: str, spoken: str) -> Any:
    regex = re.compile(pattern)

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise _bad("spec/wrong-type", f"`{value}` is not a name; quote it if it is one")
        if not regex.fullmatch(value):
            raise _bad("name/form", f"`{value}` is not a name here; allowed: {spoken}")
        return value

    return check


def _label(value: Any) -> str:
    if not isinstance(value, str) or not _UTF8_LABEL.fullmatch(value) or value.startswith("__"):
        raise _bad(
            "name/form",
            f"`{value}` is not a label name; allowed: letters, digits and underscores, not starting with __",
        )
    return value


def _time(value: Any) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise _bad(
            "exclusion/range", f"`{value}` is not a time with a zone; write for example 2026-03-01T22:00:00Z"
        )
    if time.microsecond or time.second:
        raise _bad(
            "exclusion/range",
            f"`{value}` is finer than a minute, which the recorded samples cannot tell apart",
        )
    return time


def _utc_offset(value: Any) -> int:
    match = re.fullmatch(r"([+-])(\d\d):(\d\d)", value) if isinstance(value, str) else None
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        raise _bad("spec/bad-value", f'`{value}` is not a UTC offset; write for example "+01:00" or "-05:30"')
    seconds = int(match[2]) * 3600 + int(match[3]) * 60
    return -seconds if match[1] == "-" else seconds


def _schema(pattern: str, *examples: str, numbers: bool = False) -> WithJsonSchema:
    text: dict[str, Any] = {"type": "string", "pattern": pattern, "examples": list(examples)}
    return WithJsonSchema({"anyOf": [text, {"type": "number"}]} if numbers else text)


_NUMBER = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"

DurationValue = Annotated[
    Duration,
    BeforeValidator(_duration),
    _schema(r"^\s*(\d+(\.\d+)?\s*(ms|min|sec|hr|s|m|h|d|w|y)\s*)+$", "5m", "1h30m", "30d"),
]
WaitValue = Annotated[
    Duration,
    BeforeValidator(_wait),
    _schema(r"^\s*(\d+(\.\d+)?\s*(ms|min|sec|hr|s|m|h|d|w|y)\s*)+$", "0s", "30s", "5m"),
]
"""A duration, or `0s`."""
ClockValue = Annotated[int, BeforeValidator(_clock), _schema(r"^([01]\d|2[0-4]):[0-5]\d$", "08:30")]
"""A time of the day, in minutes."""
ZoneValue = Annotated[
    str, BeforeValidator(_zone), WithJsonSchema({"type": "string", "examples": ["Europe/London"]})
]
PathValue = Annotated[str, BeforeValidator(_path), WithJsonSchema({"type": "string"})]
"""A path on another machine."""
QuantityValue = Annotated[
    Quantity, BeforeValidator(_quantity), _schema(_NUMBER, "500 ms", "85%", "10 MB/s", numbers=True)
]
RatioValue = Annotated[
    Decimal, BeforeValidator(_ratio), _schema(_NUMBER + r"\s*%?\s*$", "1%", "0.5%", numbers=True)
]
RateValue = Annotated[
    Decimal,
    BeforeValidator(_rate),
    _schema(r"^\s*\d+(\.\d+)?\s*/\s*[smhd]\s*$", "10/s", "90/m", numbers=True),
]
ObjectiveValue = Annotated[
    Decimal, BeforeValidator(_objective), _schema(_NUMBER + r"\s*%?\s*$", "99.9%", numbers=True)
]
Name = Annotated[
    str,
    BeforeValidator(_named(NAME_PATTERN, "lower-case letters, digits and dashes")),
    _schema(f"^{NAME_PATTERN}$", "market-data"),
]
Reference = Annotated[
    str,
    BeforeValidator(_named(rf"{NAME_PATTERN}(/{NAME_PATTERN}){{0,2}}", "a name, or names joined by slashes")),
    _schema(rf"^{NAME_PATTERN}(/{NAME_PATTERN}){{0,2}}$", "market-data", "market-data/availability"),
]
WordValue = Annotated[
    str,
    BeforeValidator(_named(r"[A-Za-z0-9_.-]{1,100}", "letters, digits, dots, dashes and underscores")),
    _schema(r"^[A-Za-z0-9_.-]+$", "page"),
]
"""A label's value that stands in templates and matchers."""
AlertName = Annotated[
    str,
    BeforeValidator(_named(ALERT_NAME_PATTERN, "letters, digits and underscores, a letter first")),
    _schema(f"^{ALERT_NAME_PATTERN}$", "CpuHigh"),
]
LabelName = Annotated[str, BeforeValidator(_label), _schema(r"^[^\x00-\x1f]+$", "region")]
MetricName = Annotated[
    str,
    BeforeValidator(
        _named(
            r"[a-zA-Z_:][a-zA-Z0-9_:]*",
            "letters, digits, underscores and colons; put label matchers under `selector`",
        )
    ),
    _schema(r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", "http_requests_total"),
]
TimeValue = Annotated[
    datetime, BeforeValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})
]
UtcOffset = Annotated[int, BeforeValidator(_utc_offset), _schema(r"^[+-]\d\d:\d\d$", "+01:00")]
