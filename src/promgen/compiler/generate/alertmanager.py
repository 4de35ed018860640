"""Alertmanager's configuration file, and the silences that are brought to its API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any

from promgen.base.conventions import SILENCE_MARK
from promgen.base.durations import Duration, format_clock
from promgen.compiler.generate.yamltext import print_yaml
from promgen.compiler.ir.alertmanager import (
    WEEKDAYS,
    Alertmanager,
    InhibitRule,
    Moments,
    Receiver,
    Route,
    Secret,
)
from promgen.model.routing import Silence
from promgen.promql import LabelMatcher

SECRETS_FOLDER = "/etc/alertmanager/secrets"
"""Where prometheus-operator puts the Secrets that an Alertmanager is given."""


def print_alertmanager(config: Alertmanager, source: str) -> bytes:
    """alertmanager.yml; secrets stand in it as the files that hold them."""
    data = {
        "global": _settings(config.globals),
        "templates": list(config.templates),
        "time_intervals": [
            {"name": interval.name, "time_intervals": list(map(_moments, interval.moments))}
            for interval in config.time_intervals
        ],
        "route": _route(config.route),
        "inhibit_rules": list(map(_inhibit_rule, config.inhibit_rules)),
        "receivers": list(map(_receiver, config.receivers)),
    }
    return print_yaml(_given(data), source)


def print_silences(silences: Iterable[Silence], creator: str) -> bytes:
    """What is posted to `/api/v2/silences`; creator and name tell later whose silence it is."""
    rows = [
        {
            "matchers": [_api_matcher(matcher) for matcher in silence.matchers],
            "startsAt": silence.start.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "endsAt": silence.end.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "createdBy": creator,
            "comment": f"{silence.reason} ({silence.owner}) {SILENCE_MARK.format(silence.name)}",
        }
        for silence in silences
    ]
    return (json.dumps(rows, indent=2, ensure_ascii=False) + "\n").encode()


def _given(data: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty, but for numbers and false."""
    return {key: value for key, value in data.items() if value not in (None, "", [], (), {})}


def _route(route: Route) -> dict[str, Any]:
    return _given(
        {
            "receiver": route.receiver,
            "matchers": list(map(str, route.matchers)),
            "group_by": None if route.group_by is None else list(route.group_by),
            "group_wait": _duration(route.group_wait),
            "group_interval": _duration(route.group_interval),
            "repeat_interval": _duration(route.repeat_interval),
            "active_time_intervals": list(route.active),
            "mute_time_intervals": list(route.muted),
            "continue": route.is_continued or None,
            "routes": list(map(_route, route.routes)),
        }
    )


def _inhibit_rule(rule: InhibitRule) -> dict[str, Any]:
    return _given(
        {
            "source_matchers": list(map(str, rule.source)),
            "target_matchers": list(map(str, rule.target)),
            "equal": list(rule.equal),
        }
    )


def _receiver(receiver: Receiver) -> dict[str, Any]:
    kinds: dict[str, Any] = {"name": receiver.name}
    for integration in receiver.integrations:
        kinds.setdefault(integration.kind, []).append(_settings(integration.settings))
    return kinds


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Alertmanager's settings, where a secret is a file that the key with `_file` names."""
    written: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Secret):
            written[f"{key}_file"] = _file_of(value)
        elif isinstance(value, Mapping):
            written[key] = _settings(value)
        else:
            written[key] = _duration(value) if isinstance(value, Duration) else value
    return written


def _file_of(secret: Secret) -> str:
    return secret.file or f"{SECRETS_FOLDER}/{secret.kubernetes_name}/{secret.kubernetes_key}"


def _duration(duration: Duration | None) -> str | None:
    return None if duration is None else str(duration)


def _moments(moments: Moments) -> dict[str, Any]:
    return _given(
        {
            "times": [
                {"start_time": format_clock(start), "end_time": format_clock(end)}
                for start, end in moments.times
            ],
            "weekdays": [_range(WEEKDAYS[first], WEEKDAYS[last]) for first, last in moments.weekdays],
            "days_of_month": [_range(first, last) for first, last in moments.days_of_month],
            "months": [_range(first, last) for first, last in moments.months],
            "years": [_range(first, last) for first, last in moments.years],
            "location": moments.location,
        }
    )


def _range(first: object, last: object) -> str:
    return str(first) if first == last else f"{first}:{last}"


def _api_matcher(matcher: LabelMatcher) -> dict[str, Any]:
    return {
        "name": matcher.name,
        "value": matcher.value,
        "isRegex": matcher.op in {"=~", "!~"},
        "isEqual": matcher.op in {"=", "=~"},
    }
