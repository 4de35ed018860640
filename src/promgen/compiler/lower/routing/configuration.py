"""The catalogue's routing as one configuration of Alertmanager."""

from __future__ import annotations

from promgen.base.conventions import TEMPLATES_FILE
from promgen.compiler.ir.alertmanager import Alertmanager
from promgen.compiler.lower.routing.inhibition import lower_inhibition
from promgen.compiler.lower.routing.intervals import lower_intervals
from promgen.compiler.lower.routing.receivers import lower_receivers, lower_smtp
from promgen.compiler.lower.routing.tree import lower_tree
from promgen.model.catalog import Catalog


def lower_routing(catalog: Catalog) -> Alertmanager | None:
    """The configuration; None where the project has no routing."""
    if not catalog.routings:
        return None
    tree, told = lower_tree(catalog)
    return Alertmanager(
        route=tree,
        receivers=lower_receivers(told, catalog),
        inhibit_rules=tuple(lower_inhibition(catalog)),
        time_intervals=lower_intervals(tree, catalog),
        templates=(TEMPLATES_FILE,),
        globals=lower_smtp(catalog.smtp),
    )
