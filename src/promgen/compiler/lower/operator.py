"""An Alertmanager's configuration for prometheus-operator: as an AlertmanagerConfig, and as the operator merges that.

It is `v1alpha1`, the version that the operator stores and that every installation has; `v1beta1` needs the conversion
webhook. The object has no place for a time zone, for files with secrets, for defaults of all receivers and for message
templates; what of these a configuration needs and the object lacks is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from promgen.base.durations import Duration, format_clock
from promgen.compiler.ir.alertmanager import (
    WEEKDAYS,
    Alertmanager,
    InhibitRule,
    Integration,
    Moments,
    Receiver,
    Route,
    Secret,
    TimeInterval,
)
from promgen.compiler.ir.objects import Object
from promgen.compiler.lower.objects import MONITORING, make_object, object_name
from promgen.model.delivery import Delivery, Kubernetes
from promgen.promql import LabelMatcher

NAMESPACE_LABEL: Final = "namespace"
"""The label by which the operator keeps the routes of namespaces apart."""

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_UTC = frozenset({"", "UTC", "Etc/UTC"})

_KINDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "slack_configs": (
        "slackConfigs",
        frozenset(
            {
                "api_url",
                "channel",
                "username",
                "color",
                "title",
                "title_link",
                "pretext",
                "text",
                "fallback",
                "mrkdwn_in",
            }
        ),
    ),
    "msteamsv2_configs": ("msteamsv2Configs", frozenset({"webhook_url", "title", "text"})),
    "pagerduty_configs": (
        "pagerdutyConfigs",
        frozenset({"routing_key", "url", "client", "client_url", "description", "severity", "details"}),
    ),
    "opsgenie_configs": (
        "opsgenieConfigs",
        frozenset({"api_key", "api_url", "message", "description", "source", "priority", "tags", "details"}),
    ),
    "email_configs": (
        "emailConfigs",
        frozenset(
            {
                "to",
                "from",
                "smarthost",
                "auth_username",
                "auth_password",
                "headers",
                "html",
                "text",
                "require_tls",
            }
        ),
    ),
    "webhook_configs": ("webhookConfigs", frozenset({"url", "max_alerts", "timeout"})),
}
"""What each kind of receiver is called in the object, and which of Alertmanager's settings have a place there."""

_EVERYWHERE = frozenset({"send_resolved", "http_config"})
_SMTP = {
    "smtp_smarthost": "smarthost",
    "smtp_from": "from",
    "smtp_auth_username": "auth_username",
    "smtp_auth_password": "auth_password",
    "smtp_require_tls": "require_tls",
}
"""Defaults of all receivers that can be written in each email receiver instead."""

Report = Callable[[str], None]


def alertmanager_object(
    configuration: Alertmanager, delivery: Delivery, to: Kubernetes, report: Report
) -> Object:
    """The configuration as an AlertmanagerConfig; what it cannot express is reported and left out."""
    _check_defaults(configuration, to, report)
    spec: dict[str, Any] = {
        "route": _route(configuration.route),
        "receivers": [_receiver(one, configuration.globals, report) for one in configuration.receivers],
        "inhibitRules": list(map(_inhibit_rule, configuration.inhibit_rules)),
        "muteTimeIntervals": [_interval(one, report) for one in configuration.time_intervals],
    }
    body = {"spec": {key: value for key, value in spec.items() if value}}
    name = config_name(delivery)
    return make_object(f"{MONITORING}/v1alpha1", "AlertmanagerConfig", name, to, body, "the routing")


def config_name(delivery: Delivery) -> str:
    """What the AlertmanagerConfig of a delivery is called."""
    return object_name(f"{delivery.name}/routing")


def merge_as_operator(
    configuration: Alertmanager, delivery: Delivery, to: Kubernetes, *, only_namespace: bool = True
) -> Alertmanager:
    """What the operator makes of the object: below a root that tells nobody, under names of its own, and continued.

    `only_namespace` is the operator's usual strategy: routes and inhibition apply to alerts that have the label
    `namespace` with the namespace of the object. With `alertmanagerConfigMatcherStrategy: {type: None}` they apply to all.
    """
    prefix = f"{to.namespace}/{config_name(delivery)}/"
    added = (LabelMatcher(NAMESPACE_LABEL, "=", to.namespace),) if only_namespace else ()
    top = _prefixed(configuration.route, prefix)
    top = top._replace(matchers=(*top.matchers, *added), is_continued=True)
    return configuration._replace(
        route=Route(receiver="null", routes=(top,), origin="the operator"),
        receivers=(
            Receiver("null", (), "the operator"),
            *(one._replace(name=prefix + one.name) for one in configuration.receivers),
        ),
        inhibit_rules=tuple(
            one._replace(source=_with(one.source, added), target=_with(one.target, added))
            for one in configuration.inhibit_rules
        ),
        time_intervals=tuple(one._replace(name=prefix + one.name) for one in configuration.time_intervals),
    )


def _prefixed(route: Route, prefix: str) -> Route:
    return route._replace(
        receiver=prefix + route.receiver if route.receiver else "",
        routes=tuple(_prefixed(child, prefix) for child in route.routes),
        active=tuple(prefix + name for name in route.active),
        muted=tuple(prefix + name for name in route.muted),
    )


def _with(matchers: tuple[LabelMatcher, ...], added: tuple[LabelMatcher, ...]) -> tuple[LabelMatcher, ...]:
    return (*matchers, *(one for one in added if one not in matchers))


def _check_defaults(configuration: Alertmanager, to: Kubernetes, report: Report) -> None:
    for key in sorted(configuration.globals.keys() - _SMTP.keys()):
        report(f"`{key}`, a default of all receivers")
    if configuration.templates and not to.config_map:
        report("message templates")


def _route(route: Route) -> dict[str, Any]:
    times = {
        "groupWait": route.group_wait,
        "groupInterval": route.group_interval,
        "repeatInterval": route.repeat_interval,
    }
    lists = {
        "groupBy": list(route.group_by or ()),
        "matchers": _matchers(route.matchers),
        "muteTimeIntervals": list(route.muted),
        "activeTimeIntervals": list(route.active),
        "routes": list(map(_route, route.routes)),
    }
    return {
        **({"receiver": route.receiver} if route.receiver else {}),
        **{key: str(time) for key, time in times.items() if time is not None},
        **({"continue": True} if route.is_continued else {}),
        **{key: items for key, items in lists.items() if items},
    }


def _matchers(matchers: Iterable[LabelMatcher]) -> list[dict[str, str]]:
    return [{"name": one.name, "matchType": one.op, "value": one.value} for one in matchers]


def _inhibit_rule(rule: InhibitRule) -> dict[str, Any]:
    data = {
        "sourceMatch": _matchers(rule.source),
        "targetMatch": _matchers(rule.target),
        "equal": list(rule.equal),
    }
    return {key: items for key, items in data.items() if items}


def _receiver(receiver: Receiver, defaults: Mapping[str, Any], report: Report) -> dict[str, Any]:
    data: dict[str, Any] = {"name": receiver.name}
    for integration in receiver.integrations:
        if integration.kind not in _KINDS:
            report(f"`{integration.kind}` of receiver `{receiver.name}`")
            continue
        key, _ = _KINDS[integration.kind]
        entry = dict(_integration(integration, receiver.name, defaults, report))
        data.setdefault(key, []).append(entry)
    return data


def _integration(
    integration: Integration, receiver: str, defaults: Mapping[str, Any], report: Report
) -> Iterator[tuple[str, Any]]:
    settings = dict(integration.settings)
    if integration.kind == "email_configs":
        settings = {_SMTP[key]: value for key, value in defaults.items() if key in _SMTP} | settings
    _, known = _KINDS[integration.kind]
    for key, value in settings.items():
        if key not in known | _EVERYWHERE:
            report(f"`{key}` in `{integration.kind}` of receiver `{receiver}`")
        elif isinstance(value, Secret) and key == "url":
            yield "urlSecret", _secret(value, receiver, report)
        elif key == "http_config":
            yield "httpConfig", _http(value, receiver, report)
        else:
            yield _spelled(key), _setting(value, receiver, report)


def _http(settings: Mapping[str, Any], receiver: str, report: Report) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in settings.items():
        match key, value:
            case "follow_redirects", bool():
                data["followRedirects"] = value
            case "authorization", {"credentials": Secret() as secret}:
                data["authorization"] = {"type": "Bearer", "credentials": _secret(secret, receiver, report)}
            case _:
                report(f"`{key}` in `http_config` of receiver `{receiver}`")
    return data


def _setting(value: Any, receiver: str, report: Report) -> Any:
    if isinstance(value, Secret):
        return _secret(value, receiver, report)
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, Mapping):
        return [{"key": key, "value": text} for key, text in value.items()]
    return value


def _secret(secret: Secret, receiver: str, report: Report) -> dict[str, str]:
    if not secret.kubernetes_name:
        report(
            f"a secret of receiver `{receiver}` in a file; give `kubernetes: {{name: ..., key: ...}}` as well"
        )
    return {"name": secret.kubernetes_name, "key": secret.kubernetes_key}


def _spelled(key: str) -> str:
    """A setting's name in the object.

    >>> _spelled("client_url"), _spelled("require_tls"), _spelled("auth_password")
    ('clientURL', 'requireTLS', 'authPassword')
    """
    first, *others = key.split("_")
    return first + "".join(one.upper() if one in {"url", "tls"} else one.capitalize() for one in others)


def _interval(interval: TimeInterval, report: Report) -> dict[str, Any]:
    for moments in interval.moments:
        if moments.location not in _UTC:
            report(f"the time zone {moments.location} of time interval `{interval.name}`")
    return {"name": interval.name, "timeIntervals": list(map(_moments, interval.moments))}


def _moments(moments: Moments) -> dict[str, Any]:
    data: dict[str, list[Any]] = {
        "times": [
            {"startTime": format_clock(start), "endTime": format_clock(end)} for start, end in moments.times
        ],
        "weekdays": [_span(WEEKDAYS[start], WEEKDAYS[end]) for start, end in moments.weekdays],
        "daysOfMonth": [{"start": start, "end": end} for start, end in moments.days_of_month],
        "months": [_span(_MONTHS[start - 1], _MONTHS[end - 1]) for start, end in moments.months],
        "years": [_span(str(start), str(end)) for start, end in moments.years],
    }
    return {key: items for key, items in data.items() if items}


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first}:{last}"
