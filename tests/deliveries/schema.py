"""The fields that promgen writes in objects of Kubernetes, as the public API references describe them.

Everything else is refused, so a field that is spelt otherwise is found here and not by an API server.
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

TEXT: dict[str, Any] = {"type": "string"}
SOME_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
FLAG: dict[str, Any] = {"type": "boolean"}
DURATION: dict[str, Any] = {
    "type": "string",
    "minLength": 1,
    "pattern": "^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$",
}
URL: dict[str, Any] = {"type": "string", "pattern": "^https?://.+$"}
SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
NAME: dict[str, Any] = {"type": "string", "maxLength": 253, "pattern": SUBDOMAIN}
TEXTS: dict[str, Any] = {"type": "object", "additionalProperties": TEXT}


def exactly(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """A mapping of these fields and no others; a field that is a word of Python ends with an underscore."""
    fields = required | {name.rstrip("_"): schema for name, schema in optional.items()}
    return {
        "type": "object",
        "properties": fields,
        "required": list(required),
        "additionalProperties": False,
    }


def many(items: dict[str, Any]) -> dict[str, Any]:
    """A list that is not empty."""
    return {"type": "array", "items": items, "minItems": 1}


METADATA = exactly({"name": NAME, "namespace": NAME}, labels=TEXTS, annotations=TEXTS)


def an_object(version: str, kind: str, **body: Any) -> dict[str, Any]:
    """An object of one kind with its body."""
    head = {"apiVersion": {"const": version}, "kind": {"const": kind}, "metadata": METADATA}
    return exactly(head | body)


ALERT = exactly(
    {"alert": SOME_TEXT, "expr": SOME_TEXT},
    for_=DURATION,
    keep_firing_for=DURATION,
    labels=TEXTS,
    annotations=TEXTS,
)
RECORD = exactly({"record": SOME_TEXT, "expr": SOME_TEXT}, labels=TEXTS)
GROUP = exactly({"name": SOME_TEXT, "interval": DURATION, "rules": many({"oneOf": [ALERT, RECORD]})})
PROMETHEUS_RULE = an_object(
    "monitoring.coreos.com/v1", "PrometheusRule", spec=exactly({"groups": many(GROUP)})
)

CONFIG_MAP = an_object(
    "v1",
    "ConfigMap",
    data={
        "type": "object",
        "propertyNames": {"pattern": "^[-._a-zA-Z0-9]+$", "maxLength": 253},
        "additionalProperties": TEXT,
    },
)

SECRET = exactly({"name": SOME_TEXT, "key": SOME_TEXT})
PAIRS = many(exactly({"key": SOME_TEXT, "value": TEXT}))
HTTP = exactly({}, followRedirects=FLAG, authorization=exactly({"credentials": SECRET}, type=TEXT))
COMMON = {"sendResolved": FLAG, "httpConfig": HTTP}
MATCHER = exactly({"name": SOME_TEXT, "value": TEXT, "matchType": {"enum": ["=", "!=", "=~", "!~"]}})
ROUTE = exactly(
    {},
    receiver=TEXT,
    groupBy=many(SOME_TEXT),
    groupWait=DURATION,
    groupInterval=DURATION,
    repeatInterval=DURATION,
    matchers=many(MATCHER),
    continue_=FLAG,
    routes=many({"$ref": "#/$defs/route"}),
    muteTimeIntervals=many(SOME_TEXT),
    activeTimeIntervals=many(SOME_TEXT),
)
RECEIVER = exactly(
    {"name": SOME_TEXT},
    slackConfigs=many(
        exactly(
            {"apiURL": SECRET},
            channel=SOME_TEXT,
            color=SOME_TEXT,
            title=SOME_TEXT,
            titleLink=TEXT,
            text=SOME_TEXT,
            fallback=SOME_TEXT,
            mrkdwnIn=many(SOME_TEXT),
            **COMMON,
        )
    ),
    msteamsv2Configs=many(exactly({"webhookURL": SECRET}, title=SOME_TEXT, text=SOME_TEXT, **COMMON)),
    pagerdutyConfigs=many(
        exactly(
            {"routingKey": SECRET},
            url=URL,
            client=SOME_TEXT,
            clientURL=TEXT,
            description=SOME_TEXT,
            severity=SOME_TEXT,
            details=PAIRS,
            **COMMON,
        )
    ),
    opsgenieConfigs=many(
        exactly(
            {"apiKey": SECRET},
            apiURL=URL,
            message=SOME_TEXT,
            description=SOME_TEXT,
            source=SOME_TEXT,
            priority=SOME_TEXT,
            **COMMON,
        )
    ),
    emailConfigs=many(
        exactly(
            {"to": SOME_TEXT, "from": SOME_TEXT, "smarthost": SOME_TEXT},
            authUsername=SOME_TEXT,
            authPassword=SECRET,
            headers=PAIRS,
            html=TEXT,
            text=SOME_TEXT,
            **COMMON,
        )
    ),
    webhookConfigs=many(
        exactly(
            {},
            url=TEXT,
            urlSecret=SECRET,
            maxAlerts={"type": "integer", "minimum": 0},
            timeout=DURATION,
            **COMMON,
        )
    ),
)
CLOCK: dict[str, Any] = {"type": "string", "pattern": "^((([01][0-9])|(2[0-3])):[0-5][0-9])$|(^24:00$)"}
DAY = {"type": "integer", "minimum": -31, "maximum": 31}
WEEKDAY = "(sun|mon|tues|wednes|thurs|fri|satur)day"
INTERVAL = exactly(
    {},
    times=many(exactly({"startTime": CLOCK, "endTime": CLOCK})),
    weekdays=many({"type": "string", "pattern": f"^{WEEKDAY}(:{WEEKDAY})?$"}),
    daysOfMonth=many(exactly({"start": DAY, "end": DAY})),
    months=many({"type": "string", "pattern": "^[a-z]+(:[a-z]+)?$"}),
    years=many({"type": "string", "pattern": r"^2\d{3}(?::2\d{3}|$)"}),
)
ALERTMANAGER_CONFIG = an_object(
    "monitoring.coreos.com/v1alpha1",
    "AlertmanagerConfig",
    spec=exactly(
        {"route": {"$ref": "#/$defs/route"}, "receivers": many(RECEIVER)},
        inhibitRules=many(
            exactly({}, sourceMatch=many(MATCHER), targetMatch=many(MATCHER), equal=many(SOME_TEXT))
        ),
        muteTimeIntervals=many(exactly({"name": SOME_TEXT}, timeIntervals=many(INTERVAL))),
    ),
)

BY_KIND = {
    "PrometheusRule": PROMETHEUS_RULE,
    "ConfigMap": CONFIG_MAP,
    "AlertmanagerConfig": ALERTMANAGER_CONFIG,
}


def faults(found: Any) -> list[str]:
    """What is wrong with an object."""
    schema = BY_KIND[found["kind"]] | {"$defs": {"route": ROUTE}}
    return [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(found)
    ]
