"""The cases of a whole catalogue, one set for each file of rules."""

from __future__ import annotations

from collections.abc import Callable

from promgen.compiler.ir.proofs import Case, Proofs, Unproved
from promgen.compiler.proofs.alerts import alert_proofs
from promgen.compiler.proofs.slos import slo_proofs
from promgen.compiler.proofs.user import alert_user_proofs, slo_user_proofs
from promgen.model.catalog import Catalog
from promgen.model.slo import Slo

OutputPath = Callable[[str, str], str]
"""Where the rules of a specification file go, given the file and the environment."""


def prove_catalog(catalog: Catalog, output_path: OutputPath) -> tuple[Proofs, ...]:
    """Everything that is to be proved of a catalogue, in the order of its files of rules."""
    services = {service.name: service for service in catalog.services}
    slos = {(slo.environment, slo.service, slo.name): slo for slo in catalog.slos}
    files: dict[tuple[str, str], tuple[list[Case], list[Unproved]]] = {}

    def add(owner: str, environment: str, proofs: tuple[list[Case], list[Unproved]]) -> None:
        cases, unproved = files.setdefault((owner, environment), ([], []))
        cases += proofs[0]
        unproved += proofs[1]

    for slo in catalog.slos:

        def find(service: str, name: str, environment: str = slo.environment) -> Slo:
            return slos[environment, service, name]

        add(slo.origin, slo.environment, slo_proofs(slo, find, services[slo.service], catalog.target))
        add(slo.origin, slo.environment, slo_user_proofs(slo, find))
    for alert in catalog.alerts:
        add(alert.origin, alert.environment, alert_proofs(alert, services[alert.service], catalog.target))
        add(alert.origin, alert.environment, alert_user_proofs(alert, catalog.target))
    return tuple(
        Proofs(output_path(origin, environment), origin, tuple(cases), tuple(unproved))
        for (origin, environment), (cases, unproved) in sorted(files.items())
    )
