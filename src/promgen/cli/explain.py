"""`promgen explain`: where an SLO or an alert comes from, what it became, and what that means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from promgen.base.conventions import RULES_SUFFIX, TOTAL_EVENTS, is_recorded
from promgen.base.decimals import format_decimal
from promgen.base.durations import Duration
from promgen.base.errors import OutsideError, UsageError
from promgen.cli.completion import complete_names
from promgen.cli.workspace import compiled, find_object, is_json, print_json
from promgen.compiler.generate.prometheus import print_rule_file
from promgen.compiler.ir.rules import Group, Rule
from promgen.compiler.lower.passes import frame_of
from promgen.compiler.lower.slo.backfill import backfill_files
from promgen.compiler.lower.slo.frame import identity_labels, matchers
from promgen.compiler.pipeline import Compilation, Output
from promgen.compiler.source.nodes import leaves
from promgen.model.alert import Alert
from promgen.model.burnrate import TierFacts, tier_facts
from promgen.model.catalog import EVALUATION_INTERVAL, Catalog
from promgen.model.slo import Slo, Tier, is_counted
from promgen.promql import Selector, parse, samples

Data = dict[str, Any]


@click.command("explain", short_help="Show where an SLO or alert comes from and what it compiles to.")
@click.argument("name", shell_complete=complete_names)
@click.option("-e", "--environment", help="Only of this environment.")
@click.option(
    "--series", default=100, show_default=True, help="Series that a measured selector is taken to match."
)
@click.option("--prometheus", metavar="URL", help="Ask this Prometheus how much history exists.")
@click.option(
    "--backfill",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write the rules that give a new SLO its history, and print the commands that run them.",
)
@click.pass_context
def command(
    context: click.Context,
    name: str,
    environment: str | None,
    series: int,
    prometheus: str | None,
    backfill: Path | None,
) -> None:
    """Show where the values of an SLO or an alert come from, its rules, and what they mean.

    NAME is an SLO or an alert, alone where that is enough, otherwise with its service.

    \b
    promgen explain latency
    promgen explain trading-decision/latency -e production
    promgen explain latency --prometheus http://localhost:9090
    promgen explain latency --backfill backfill
    """
    _, _, compilation, output = compiled(context)
    assert compilation.resolved is not None
    found = _find(compilation.resolved.catalog, name, environment)
    described = [_describe(owner, compilation, output, series) for owner in found]
    for owner, data in zip(found, described, strict=True):
        if isinstance(owner, Slo):
            data["history"] = _history(owner, prometheus)
            if backfill is not None:
                data["backfill"] = _write_backfill(owner, compilation, backfill)
    if is_json(context):
        print_json(described)
    else:
        click.echo("\n".join(line for data in described for line in _lines(data, series)))


def _find(catalog: Catalog, name: str, environment: str | None) -> list[Slo | Alert]:
    objects: list[Slo | Alert] = [*catalog.slos, *catalog.alerts]
    key = find_object(name, sorted({owner.key for owner in objects}))
    found = [owner for owner in objects if owner.key == key and environment in {None, owner.environment}]
    if not found:
        known = ", ".join(sorted({owner.environment for owner in objects if owner.key == key}))
        raise UsageError(f"`{key}` is not in the environment `{environment}`; it is in {known}")
    return found


# --- what is said


def _describe(owner: Slo | Alert, compilation: Compilation, output: Output, series: int) -> Data:
    assert compilation.resolved is not None
    kind = "slo" if isinstance(owner, Slo) else "alert"
    target = compilation.resolved.catalog.target
    node = compilation.resolved.nodes[kind, owner.environment, owner.service, owner.name]
    data: Data = {
        "kind": kind,
        "name": owner.key,
        "environment": owner.environment,
        "place": str(compilation.resolved.span(kind, owner, "name")),
        "values": [
            {"path": ".".join(map(str, path)), "value": leaf.value, "place": str(leaf.span)}
            for path, leaf in leaves(node)
        ],
        "rules": [
            _rule_data(rule, group, target.scrape_interval, series)
            for group in _groups(owner, output)
            for rule in group.rules
        ],
    }
    if isinstance(owner, Slo):
        if not any(row["path"] == "alerting.policy" for row in data["values"]):
            data["values"].append({"path": "alerting.policy", "value": "by the period", "place": "built in"})
        facts = [_tier_data(owner, tier, target.scrape_interval) for tier in owner.tiers]
        data |= {"objective": _percent(owner.objective), "period": str(owner.period), "tiers": facts}
    return data


def _groups(owner: Slo | Alert, output: Output) -> Iterator[Group]:
    """The groups of an SLO, or an alert's part of its service's group."""
    for file in output.rule_files:
        for group in file.groups:
            if file.source != owner.origin or not _is_of(group, owner):
                continue
            if isinstance(owner, Slo):
                yield group
            else:
                mine = tuple(
                    rule for rule in group.rules if owner.name in {rule.name, rule.labels.get("alert")}
                )
                yield group._replace(rules=mine)


def _is_of(group: Group, owner: Slo | Alert) -> bool:
    labels = group.rules[0].labels
    subject = owner.key if isinstance(owner, Slo) else owner.service
    return group.subject == subject and labels.get("environment", "") == owner.environment


def _tier_data(slo: Slo, tier: Tier, scrape: Duration) -> Data:
    facts = tier_facts(slo, tier, scrape=scrape, evaluation=EVALUATION_INTERVAL)
    return {
        "name": tier.name,
        "severity": tier.severity.value,
        "burnRate": format_decimal(tier.burn_rate),
        "windows": [str(tier.long), str(tier.short)],
        "threshold": _percent(facts.threshold),
        "outageDetectedAfter": _range(facts),
        "oneFailureFiresBelowPerHour": _quiet(slo, facts),
        "budgetShare": _percent(facts.budget_share),
    }


def _range(facts: TierFacts) -> str:
    earliest, latest = facts.detection
    return f"{Duration(earliest.ms // 1000 * 1000)} to {Duration(-(-latest.ms // 1000) * 1000)}"


def _quiet(slo: Slo, facts: TierFacts) -> str:
    """Events per hour under which one failure fires; never where a guard asks for more."""
    if not is_counted(slo.sli):
        return "measures time"
    if slo.min_bad_events is not None and slo.min_bad_events > 1:
        return f"never, guarded by {slo.min_bad_events}"
    return format_decimal(round(facts.one_failure_below, 1))


def _rule_data(rule: Rule, group: Group, scrape: Duration, series: int) -> Data:
    def series_of(selector: Selector) -> int:
        return 1 if _is_recorded(selector) else series

    def interval_of(selector: Selector) -> int:
        return EVALUATION_INTERVAL.ms if _is_recorded(selector) else scrape.ms

    cost = samples(parse(rule.expr), series=series_of, interval_ms=interval_of)
    data: Data = {
        "kind": "alert" if rule.is_alert else "record",
        "name": rule.name,
        "expr": rule.expr,
        "group": group.name,
        "interval": str(group.interval),
        "samples": cost.samples,
        "labels": rule.labels,
        "pass": rule.origin,
    }
    return data | ({"for": str(rule.hold)} if rule.hold else {})


def _is_recorded(selector: Selector) -> bool:
    return is_recorded(selector.metric or "") or selector.metric == "ALERTS"


def _percent(ratio: Any) -> str:
    return format_decimal(round(ratio * 100, 6)) + "%"


# --- history


def _history(slo: Slo, url: str | None) -> Data:
    if url is None:
        return {"needed": str(slo.period), "exists": None}
    from promgen.clients.prometheus import query

    selector = matchers(identity_labels(slo))
    length = Duration(slo.period.length.ms)
    rows = query(url, f"count_over_time({TOTAL_EVENTS}{selector}[{length}:1h])")
    hours = max((value for _, value in rows), default=0.0)
    return {
        "needed": str(slo.period),
        "exists": f"{hours:.0f}h",
        "share": min(1.0, hours * 3_600_000 / length.ms),
    }


def _write_backfill(slo: Slo, compilation: Compilation, folder: Path) -> list[str]:
    """Write the level files; the commands that run them, in order."""
    assert compilation.resolved is not None
    files = backfill_files(frame_of(compilation.resolved.catalog, slo))
    below = folder / (slo.environment or ".") / slo.service / slo.name
    commands = []
    try:
        below.mkdir(parents=True, exist_ok=True)
        for file in files:
            path = below / f"{file.path}{RULES_SUFFIX}"
            path.write_bytes(print_rule_file(file))
            commands.append(
                f"promtool tsdb create-blocks-from rules --url=$PROMETHEUS_URL --start=$START --end=$END"
                f" --output-dir=$PROMETHEUS_DATA {path}"
            )
    except OSError as error:
        raise OutsideError(f"cannot write below {folder}: {error.strerror}") from error
    return commands


# --- how it is printed


def _lines(data: Data, series: int) -> Iterator[str]:
    where = f" ({data['environment']})" if data["environment"] else ""
    kind = "SLO" if data["kind"] == "slo" else "alert"
    yield click.style(f"{kind} {data['name']}{where}", bold=True) + f"  {data['place']}"
    yield from _section(
        "values", _table([[row["path"], _shown(row["value"]), row["place"]] for row in data["values"]])
    )
    if data.get("tiers"):
        yield from _section("tiers", _table(list(_tier_rows(data["tiers"]))))
    yield from _section(
        f"rules (samples per evaluation, measured selectors with {series} series)", _rule_lines(data["rules"])
    )
    if "history" in data:
        yield from _section("history", _history_lines(data))


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield ""
    yield click.style(title, fg="cyan")
    yield from ("  " + line for line in lines)


def _shown(value: Any) -> str:
    text = str(value).strip()
    return text if len(text) <= 60 and "\n" not in text else text.split("\n")[0][:57] + "..."


def _tier_rows(tiers: list[Data]) -> Iterator[list[str]]:
    yield [
        "tier",
        "severity",
        "burn rate",
        "windows",
        "threshold",
        "outage fires after",
        "1 failure fires below",
        "budget",
    ]
    for tier in tiers:
        quiet = tier["oneFailureFiresBelowPerHour"]
        yield [
            tier["name"],
            tier["severity"],
            tier["burnRate"],
            "/".join(tier["windows"]),
            tier["threshold"],
            tier["outageDetectedAfter"],
            f"{quiet} events/h" if quiet[0].isdigit() else quiet,
            tier["budgetShare"],
        ]


def _rule_lines(rules: list[Data]) -> Iterator[str]:
    group = ""
    for rule in rules:
        if rule["group"] != group:
            group = rule["group"]
            yield f"group {group}, every {rule['interval']}"
        labels = rule["labels"]
        more = " ".join(
            labels[label] for label in ("tier", "severity") if rule["kind"] == "alert" and label in labels
        )
        hold = f" for {rule['for']}" if "for" in rule else ""
        yield (
            f"  {click.style(rule['name'], bold=True)} {more}{hold}".rstrip()
            + f"  {rule['samples']:,} samples"
        )
        yield from ("      " + line.strip() for line in rule["expr"].split("\n"))


def _history_lines(data: Data) -> Iterator[str]:
    history = data["history"]
    if history["exists"] is None:
        yield f"the budget is whole once {history['needed']} are recorded; --prometheus URL says how much exists"
    else:
        yield f"{history['exists']} of {history['needed']} are recorded ({history['share']:.0%})"
    if "backfill" not in data:
        yield "--backfill FOLDER writes the rules that give a new SLO its history"
        return
    yield "run in this order, and let Prometheus load the blocks (restart it) after each command:"
    days = f"START=$(( $(date +%s) - {Duration.parse('1d').ms // 1000} * DAYS ))"
    yield f"  {days} END=$(date +%s)  # DAYS of measured history, at most the retention"
    yield from ("  " + line for line in data["backfill"])


def _table(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
