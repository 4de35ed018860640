"""Every alert reaches somebody, and no page waits for working hours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from promgen.base import problems
from promgen.base.conventions import PAGES, Priority
from promgen.base.diagnostics import Diagnostic, Diagnostics, Level
from promgen.base.spans import Span
from promgen.compiler.resolve.catalog import Resolved
from promgen.compiler.source.nodes import find
from promgen.model.catalog import Catalog, Team
from promgen.model.routing import Handling, Routing


class _Owned(NamedTuple):
    """A priority that alerts of a team have in a system, and one of these alerts."""

    system: str
    priority: Priority
    team: str
    example: str


def check_reach(resolved: Resolved, diagnostics: Diagnostics) -> None:
    """Report alerts that nobody is told of, or not at once though they are pages; only where there is any routing."""
    catalog = resolved.catalog
    if not catalog.routings or any(kind in {"Routing", "Team", "Receiver"} for kind, _ in resolved.broken):
        return  # what is left out is reported, and who is told depends on it
    routings = {routing.system: routing for routing in catalog.routings if routing.handlings}
    teams = {team.name: team for team in catalog.teams}
    owned = {(one.system, one.priority, one.team): one for one in _owned(catalog)}
    for system in sorted({one.system for one in owned.values()} - routings.keys()):
        _warn_of_system(system, resolved, diagnostics)
    for one in owned.values():
        routing = routings.get(one.system)
        if routing is not None and one.team in teams:
            handling = next(its for its in routing.handlings if its.priority is one.priority)
            _check(one, routing, handling, teams[one.team], resolved, diagnostics)


def _owned(catalog: Catalog) -> Iterator[_Owned]:
    owners = {service.name: service.owner for service in catalog.services}
    for thing in catalog.things:
        for severity in sorted(thing.severities):
            yield _Owned(
                thing.system, catalog.target.priority(severity), owners.get(thing.service, ""), thing.key
            )


def _check(
    one: _Owned,
    routing: Routing,
    handling: Handling,
    team: Team,
    resolved: Resolved,
    diagnostics: Diagnostics,
) -> None:
    envelope = resolved.document("Routing", routing.name)
    found, key = find(envelope.spec, ("priorities", handling.priority.value))
    span = envelope.name_span if found is envelope.spec else key
    if not (*handling.receivers, *team.receivers.get(handling.priority, ())) and not routing.incidents:
        where = f"of {team.name} in {routing.system or 'no system'}"
        message = f"{one.priority} alerts {where}, such as `{one.example}`, reach nobody"
        diagnostics.error(
            problems.NOBODY, message, span, allowed="`receivers` of the priority or of the team"
        )
    if handling.working_hours:
        _check_hours(one, handling, team, span, resolved, diagnostics)


def _check_hours(
    one: _Owned, handling: Handling, team: Team, span: Span, resolved: Resolved, diagnostics: Diagnostics
) -> None:
    if handling.priority in PAGES and not handling.outside:
        message = f"{handling.priority} of {one.system} waits for working hours"
        allowed = "no `workingHours`, or receivers `outside` of them"
        diagnostics.error(problems.MUTED_PAGE, message, span, allowed=allowed)
    if team.hours is None:
        message = f"{handling.priority} of {one.system} waits for the working hours of `{team.name}`, which has none"
        place = resolved.document("Team", team.name).name_span
        diagnostics.error(problems.HOURS, message, place, allowed="`hours` of the team")


def _warn_of_system(system: str, resolved: Resolved, diagnostics: Diagnostics) -> None:
    project = next((routing for routing in resolved.catalog.routings if not routing.system), None)
    if project is not None and project.unrouted:
        who = (
            f"system `{system}` has no Routing; its alerts"
            if system
            else "alerts of services without a system"
        )
        allowed = f"a Routing with `system: {system}`" if system else "`priorities` in the project's Routing"
        diagnostics.add(
            Diagnostic(
                problem=problems.UNROUTED_SYSTEM,
                message=f"{who} go to {', '.join(project.unrouted)}",
                span=resolved.document("Routing", project.name).name_span,
                allowed=allowed,
                level=Level.WARNING,
                subject=system,
            )
        )
