"""Receivers as Alertmanager's integrations; what an older Alertmanager lacks is told through promgen's own service."""

from __future__ import annotations

from typing import Any

from promgen.base.versions import Version
from promgen.compiler.ir.alertmanager import Integration, Receiver
from promgen.compiler.lower.routing.tree import Told
from promgen.model import routing as model
from promgen.model.catalog import Catalog

_COLOUR = '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}'


def lower_receivers(told: Told, catalog: Catalog) -> tuple[Receiver, ...]:
    """The receivers at the ends of the tree, by name."""
    known = {receiver.name: receiver for receiver in catalog.receivers}
    version = catalog.target.alertmanager
    return tuple(
        Receiver(name, tuple(lower_receiver(known[one]) for one in names if _is_told(known[one], version)))
        for name, names in sorted(told.items())
    )


def lower_smtp(smtp: model.Smtp | None) -> dict[str, Any]:
    """How email is sent, for every receiver."""
    if smtp is None:
        return {}
    given = {
        "smtp_smarthost": smtp.smarthost,
        "smtp_from": smtp.sender,
        "smtp_auth_username": smtp.username,
        "smtp_auth_password": smtp.password,
    }
    return {key: value for key, value in given.items() if value}


def lower_receiver(receiver: model.Receiver) -> Integration:
    """One receiver as an integration."""
    kind, settings = _settings(receiver.channel)
    return Integration(kind, {"send_resolved": receiver.send_resolved, **settings}, receiver.is_pager)


def _is_told(receiver: model.Receiver, version: Version) -> bool:
    return not isinstance(receiver.channel, model.Teams) or version >= model.TEAMS_SINCE


def _settings(channel: Any) -> tuple[str, dict[str, Any]]:
    match channel:
        case model.Slack():
            return "slack_configs", _slack(channel)
        case model.Teams():
            text = {"title": _template("title"), "text": _template("teams.text")}
            return "msteamsv2_configs", {"webhook_url": channel.webhook, **text}
        case model.PagerDuty():
            return "pagerduty_configs", _pagerduty(channel)
        case model.Opsgenie():
            return "opsgenie_configs", _opsgenie(channel)
        case model.Email():
            return "email_configs", _email(channel)
        case model.Webhook():
            return "webhook_configs", _webhook(channel)
    raise TypeError(channel)


def _template(name: str) -> str:
    return f'{{{{ template "promgen.{name}" . }}}}'


def _message(title: str, text: str) -> dict[str, Any]:
    return {title: _template("title"), text: _template("text")}


def _slack(channel: model.Slack) -> dict[str, Any]:
    return {
        "api_url": channel.webhook,
        "channel": channel.channel,
        "color": _COLOUR,
        "fallback": _template("slack.title"),
        "title_link": _template("link"),
        "title": _template("slack.title"),
        "text": _template("slack.text"),
        "mrkdwn_in": ["pretext"],  # of which there is none: the other fields are no markup
    }


def _pagerduty(channel: model.PagerDuty) -> dict[str, Any]:
    """With details in the place of Alertmanager's own, which hold what alerts say.

    Newer releases read a rendered detail as YAML and render the texts in a mapping or list again, so that what an alert says
    would be executed, and a page be lost that cannot be. A text that begins with a tab is no YAML.
    """
    details = {fact: _template(fact) for fact in ("slo", "tier", "budget", "runbook", "dashboard", "silence")}
    details |= {state: _template(f"pagerduty.{state}") for state in ("firing", "resolved")}
    return {
        "routing_key": channel.routing_key,
        **({"url": channel.url} if channel.url else {}),
        "description": _template("title"),
        "severity": _template("pagerduty.severity"),
        "client": "promgen",
        "client_url": _template("link"),
        "details": {fact: "\t" + text for fact, text in details.items()},
    }


def _opsgenie(channel: model.Opsgenie) -> dict[str, Any]:
    return {
        "api_key": channel.api_key,
        **({"api_url": channel.url} if channel.url else {}),
        "priority": _template("opsgenie.priority"),
        "source": _template("link"),
        **_message("message", "description"),
    }


def _email(channel: model.Email) -> dict[str, Any]:
    return {
        "to": ", ".join(channel.to),
        "headers": {"Subject": _template("title")},
        "text": _template("text"),
        "html": _template("html"),
    }


def _webhook(channel: model.Webhook) -> dict[str, Any]:
    access: dict[str, Any] = {"follow_redirects": False}
    if channel.token is not None:
        access["authorization"] = {"credentials": channel.token}
    settings: dict[str, Any] = {"url": channel.secret_url or channel.url, "http_config": access}
    if channel.max_alerts:
        settings["max_alerts"] = channel.max_alerts
    if channel.timeout is not None:
        settings["timeout"] = channel.timeout
    return settings
