"""Receivers: exactly one kind each, and secrets as the places where they are found."""

from __future__ import annotations

from promgen.base import problems
from promgen.compiler.resolve.index import Entry
from promgen.compiler.resolve.references import References
from promgen.compiler.spec import routing as spec
from promgen.compiler.spec.wire import Wire
from promgen.model import routing as model

KINDS = ("slack", "teams", "pagerduty", "opsgenie", "email", "webhook", "promgen")
"""Keys of a Receiver of which it has exactly one."""


def resolve_receivers(references: References) -> tuple[model.Receiver, ...]:
    """All receivers, by name; one that is wrong is left out."""
    entries = references.index.receivers
    found = (_receiver(entries[name], references) for name in sorted(entries))
    return tuple(receiver for receiver in found if receiver is not None)


def _receiver(entry: Entry[spec.ReceiverSpec], references: References) -> model.Receiver | None:
    wire = entry.spec
    kinds = [kind for kind in KINDS if getattr(wire, kind) is not None]
    if len(kinds) != 1:
        message = f"receiver `{entry.name}` is of {len(kinds)} kinds"
        allowed = "exactly one of " + ", ".join(KINDS)
        references.diagnostics.error(problems.MISSING_KEY, message, entry.envelope.name_span, allowed=allowed)
        return None
    return model.Receiver(
        name=entry.name,
        system=entry.envelope.system,
        channel=_channel(getattr(wire, kinds[0])),
        description=wire.description or "",
        send_resolved=wire.email is None if wire.send_resolved is None else wire.send_resolved,
        origin=entry.envelope.file,
    )


def _channel(
    wire: Wire,
) -> model.Slack | model.Teams | model.PagerDuty | model.Opsgenie | model.Email | model.Webhook:
    match wire:
        case spec.SlackSpec():
            return model.Slack(channel=wire.channel, webhook=secret_of(wire.webhook))
        case spec.TeamsSpec():
            return model.Teams(webhook=secret_of(wire.webhook))
        case spec.PagerDutySpec():
            return model.PagerDuty(routing_key=secret_of(wire.routing_key), url=wire.url or "")
        case spec.OpsgenieSpec():
            return model.Opsgenie(api_key=secret_of(wire.api_key), url=wire.url or "")
        case spec.EmailSpec():
            return model.Email(to=tuple(wire.to))
        case spec.PromgenSpec():
            return model.Webhook(
                url=wire.url, token=_optional(wire.token), timeout=wire.timeout, is_promgen=True
            )
        case spec.WebhookSpec():
            return model.Webhook(
                url=wire.url or "",
                secret_url=_optional(wire.secret_url),
                token=_optional(wire.token),
                timeout=wire.timeout,
                max_alerts=wire.max_alerts,
                pages=wire.pages,
            )
    raise TypeError(wire)


def _optional(wire: spec.SecretSpec | None) -> model.Secret | None:
    return None if wire is None else secret_of(wire)


def secret_of(wire: spec.SecretSpec) -> model.Secret:
    """Where a secret is found."""
    key = wire.kubernetes
    return model.Secret(
        file=wire.file or "",
        kubernetes_name=key.name if key else "",
        kubernetes_key=key.key if key else "",
    )
