"""Every kind of document, and the project file."""

from __future__ import annotations

from promgen.compiler.spec import routing, scraping, v1
from promgen.compiler.spec.wire import Wire

KINDS: dict[str, type[Wire]] = {
    "Service": v1.ServiceDocument,
    "SLO": v1.SloDocument,
    "Alert": v1.AlertDocument,
    "Template": v1.TemplateDocument,
    "Environment": v1.EnvironmentDocument,
    "BurnRatePolicy": v1.PolicyDocument,
    "Defaults": v1.DefaultsDocument,
    "Exclusion": v1.ExclusionDocument,
    "Team": routing.TeamDocument,
    "Receiver": routing.ReceiverDocument,
    "Routing": routing.RoutingDocument,
    "Silence": routing.SilenceDocument,
    "Maintenance": routing.MaintenanceDocument,
    "ScrapeJob": scraping.ScrapeJobDocument,
    "Probe": scraping.ProbeDocument,
}
"""What a file below `inputs` may hold."""
