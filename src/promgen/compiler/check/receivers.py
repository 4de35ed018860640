"""Receivers must be something that the target's Alertmanager can tell, and be told something."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base import problems
from promgen.base.diagnostics import Diagnostic, Diagnostics, Level
from promgen.base.versions import Version, dotted
from promgen.compiler.ir.alertmanager import EVERY_LABEL
from promgen.compiler.resolve.catalog import Resolved
from promgen.model.catalog import Catalog
from promgen.model.routing import (
    TEAMS_SINCE,
    Email,
    Opsgenie,
    PagerDuty,
    Receiver,
    Secret,
    Slack,
    Teams,
    Webhook,
)
from promgen.promql import is_utf8_name

URL_FILE_SINCE: Version = (0, 26)
UTF8_SINCE: Version = (0, 27)
TIMEOUT_SINCE: Version = (0, 28)
_FILE = "a file of the Alertmanager's machine, or a Secret of Kubernetes"


def check_receivers(resolved: Resolved, diagnostics: Diagnostics) -> None:
    """Report receivers that the target's Alertmanager would refuse, and those that no route names."""
    catalog = resolved.catalog
    _check_labels(resolved, diagnostics)
    if any(kind in {"Routing", "Team"} for kind, _ in resolved.broken):
        return  # what they say is not known, so neither is who is told
    used = {name for routing in catalog.routings for name in (*routing.unrouted, routing.incidents)}
    for routing in catalog.routings:
        for handling in routing.handlings:
            used.update((*handling.receivers, *handling.outside))
    for team in catalog.teams:
        used.update(name for names in team.receivers.values() for name in names)
    for receiver in catalog.receivers:
        span = resolved.document("Receiver", receiver.name).name_span
        for message, allowed in _faults(receiver, catalog):
            diagnostics.error(problems.RECEIVER, message, span, allowed=allowed)
        if receiver.name not in used:
            message = f"no Routing and no Team names receiver `{receiver.name}`"
            diagnostics.add(
                Diagnostic(
                    problem=problems.UNUSED_RECEIVER,
                    message=message,
                    span=span,
                    level=Level.WARNING,
                    subject=receiver.name,
                )
            )


def _check_labels(resolved: Resolved, diagnostics: Diagnostics) -> None:
    """Labels that an older Alertmanager cannot read stand in routes and inhibition rules."""
    catalog = resolved.catalog
    if not catalog.routings or catalog.target.alertmanager >= UTF8_SINCE:
        return
    found = [(label, resolved.span("slo", slo, "groupBy")) for slo in catalog.slos for label in slo.group_by]
    for routing in catalog.routings:
        document = resolved.document("Routing", routing.name)
        found += [(label, document.name_span) for one in routing.handlings for label in one.group_by]
    for label, span in found:
        if is_utf8_name(label) and label != EVERY_LABEL:
            message = f"label `{label}` in routes needs Alertmanager {dotted(UTF8_SINCE)}"
            diagnostics.error(problems.TARGET_LACKS, message, span, allowed="letters, digits and underscores")


def _faults(receiver: Receiver, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """What is wrong, and what is allowed instead."""
    name, channel, version = receiver.name, receiver.channel, catalog.target.alertmanager
    for what, secret in _secrets(receiver):
        if not secret.file and not secret.kubernetes_name:
            yield f"nothing says where the {what} of receiver `{name}` is found", _FILE
    if isinstance(channel, Email) and catalog.smtp is None:
        yield (
            f"receiver `{name}` is email, and nothing says how email is sent",
            "`smtp` in the project's Routing",
        )
    if isinstance(channel, Webhook):
        yield from _webhook_faults(name, channel, version)
    if isinstance(channel, Teams) and version < TEAMS_SINCE:
        without = [r.system or "the project" for r in catalog.routings if not r.incidents]
        if without:
            message = f"Alertmanager {dotted(version)} cannot tell Teams (receiver `{name}`)"
            where = f"`incidents` in the Routing of {', '.join(without)}"
            yield message, f"Alertmanager {dotted(TEAMS_SINCE)}, or {where}: promgen passes it on"


def _webhook_faults(name: str, channel: Webhook, version: Version) -> Iterator[tuple[str, str]]:
    if bool(channel.url) == (channel.secret_url is not None):
        yield f"webhook `{name}` has no address or two", "either `url` or `secretUrl`"
    if channel.secret_url is not None and version < URL_FILE_SINCE:
        yield (
            f"the address of webhook `{name}` is a file, which Alertmanager {dotted(version)} cannot read",
            f"Alertmanager {dotted(URL_FILE_SINCE)}, or `url` and a secret `token`",
        )
    if channel.timeout is not None and version < TIMEOUT_SINCE:
        yield (
            f"Alertmanager {dotted(version)} has no time-out for webhook `{name}`",
            f"{dotted(TIMEOUT_SINCE)}, or no `timeout`",
        )


def _secrets(receiver: Receiver) -> Iterator[tuple[str, Secret]]:
    match receiver.channel:
        case Slack(webhook=secret) | Teams(webhook=secret):
            yield "webhook", secret
        case PagerDuty(routing_key=secret):
            yield "routingKey", secret
        case Opsgenie(api_key=secret):
            yield "apiKey", secret
        case Webhook(secret_url=address, token=token):
            if address is not None:
                yield "secretUrl", address
            if token is not None:
                yield "token", token
