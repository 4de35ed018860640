"""Services must not depend on each other in a circle."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.compiler.resolve.catalog import Resolved


def check_dependencies(resolved: Resolved, diagnostics: Diagnostics) -> None:
    """Report each circle once, at the first of its services by name."""
    graph = {service.name: set(service.depends_on) for service in resolved.catalog.services}
    places = {
        document.name: document.name_span for document in resolved.documents if document.kind == "Service"
    }
    while True:
        try:
            TopologicalSorter(graph).prepare()
            return
        except CycleError as error:
            cycle: list[str] = list(reversed(error.args[1]))[:-1]
            first = cycle.index(min(cycle))
            ordered = [*cycle[first:], *cycle[:first]]
            message = "services depend on each other in a circle: " + " > ".join([*ordered, ordered[0]])
            allowed = "dependencies that lead one way; leave one of them out of `dependsOn`"
            diagnostics.error(problems.DEPENDENCY_CYCLE, message, places[ordered[0]], allowed=allowed)
            graph[ordered[0]].discard(ordered[1 % len(ordered)])
