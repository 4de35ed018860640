"""promtool, with all of its lints, on rules of every kind."""

from __future__ import annotations

from pathlib import Path

from promgen.base import conventions as names
from tests.compiler.projects import compile_files, output_of, service
from tests.real import Install, check_rules
from tests.rules.past import DAY, HOUR, START
from tests.rules.specs import exclusion, shop, slo
from tests.rules.test_indicators import KINDS, NATIVE, PROJECTS

WINDOWS = {
    "hour": "1h",
    "day": "1d",
    "week": "7d",
    "month": "30d",
    "season": "90d",
    "year": "1y",
    "calendar-week": "{calendar: week}",
    "calendar-month": '{calendar: month, utcOffset: "+05:45"}',
    "calendar-quarter": '{calendar: quarter, utcOffset: "-03:30"}',
}
ALERTS = """\
alerts:
  - name: CpuHigh
    expr: avg by (instance) (cpu_utilisation_ratio)
    above: {low: 50%, medium: 70%, critical: 85%}
    for: {low: 30m, medium: 10m, critical: 5m}
    keepFiringFor: 5m
    absence: {severity: high}
    overrides:
      - {labels: {instance: 'big"one'}, above: {critical: 95%}}
  - name: DiskLow
    expr: min by (disk) (disk_free_ratio)
    below: {high: 10%}
  - name: Down
    expr: up{job="shop"} == 0
    severity: critical
    for: 2m
    labels: {channel: ops}
"""


def test_every_kind_of_rule(install: Install, tmp_path: Path) -> None:
    """No error and no lint finding in any indicator, window, exclusion, group or alert."""
    kinds = KINDS | (NATIVE if install.name == "forky" else {})
    slos = [slo("30d", name=name, sli=kind.sli, objective="98%") for name, kind in kinds.items()]
    grouped = "groupBy: [region, zone]\nalerting: {lowTraffic: {minBadEvents: 5}, absence: {after: 5m, severity: low}}"
    slos += [slo(window, grouped, name=name, objective="98%") for name, window in WINDOWS.items()]
    files = {
        **shop(*slos),
        "alerts.yaml": service(ALERTS, name="machines"),
        **exclusion("short", START, START + HOUR),
        **exclusion("long", START + HOUR, START + 3 * DAY),
        **exclusion(
            "one-zone", START, START + HOUR, slos="shop/month, shop/day", more="labels: {zone: 'a\"$b'}"
        ),
    }
    output = output_of(compile_files(tmp_path, files, PROJECTS[install.name]))
    for path, artifact in output.tree.items():
        if path.endswith(names.RULES_SUFFIX):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(artifact.content)
            print(check_rules(install, tmp_path / path))
