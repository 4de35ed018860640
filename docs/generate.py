"""Writes docs/reference/ from what the code says: `python docs/generate.py`. A test fails while a page is out of date."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from promgen.base import conventions as names
from promgen.base.problems import PROBLEMS, SUPPRESS, Problem
from promgen.cli import COMMANDS, cli
from promgen.compiler.spec.jsonschema import DOCUMENTS, schema_of
from promgen.lint import checks
from promgen.lint.check import Check
from promgen.lint.checks import CHECKS
from promgen.lint.problems import PROBLEMS as LINT_PROBLEMS

DOCS = Path(__file__).parent
EXAMPLES = DOCS.parent / "tests/cli/broken/expected.txt"
HEADER = "<!-- written by docs/generate.py; edit the code instead -->\n"
TERMINAL_WIDTH = 80

PUBLIC_SERIES = {
    names.BAD_EVENTS: "bad events per second, over 5 minutes; half of the base pair",
    names.TOTAL_EVENTS: "all events per second, over 5 minutes; the other half",
    f"{names.ERROR_RATIO}5m": "error ratio over 5 minutes; likewise `rate30m`, `rate1h` … for each window of a tier",
    names.PERIOD_ERROR_RATIO: "error ratio of the whole period, rolling or of the calendar",
    names.PERIOD_COVERAGE: "share of the period that was observed",
    names.BUDGET_REMAINING: "1 is untouched, 0 is spent, below 0 is overspent",
    names.BUDGET_EVENTS: "bad events that the objective allows at the traffic of the period",
    names.BUDGET_EXHAUSTION: "seconds until the budget is spent at the burn rate of the last hour; at most the period",
    names.BURN_RATE: "burn rate of the last hour",
    names.OBJECTIVE: "objective as a ratio",
    names.INFO: "always 1; carries the labels that people filter by, and that rules never join on",
}
INNER_SERIES = {
    names.BLOCK_START: "when the current block (an hour, as a rule) began",
    names.PERIOD_START: "when the current calendar period began",
    names.BAD_BLOCK: "bad events since the block began",
    names.TOTAL_BLOCK: "all events since the block began",
    names.OBSERVED_BLOCK: "seconds observed since the block began",
    names.BAD_PERIOD: "bad events of the period",
    names.TOTAL_PERIOD: "all events of the period",
    names.OBSERVED_PERIOD: "seconds observed in the period",
    names.ALERT_VALUE: "what an alert with several thresholds compares",
}
LABELS = {
    names.SLO_LABEL: "name of the SLO; identity",
    names.SERVICE_LABEL: "its service; identity",
    names.ENVIRONMENT_LABEL: "its environment, where the system has any; identity",
    names.REVISION_LABEL: "set when the history was reset; identity",
    names.ALERT_LABEL: f"name of the alert, on `{names.ALERT_VALUE}`",
    names.SYSTEM_LABEL: "system of the service; on alerts and the info series",
    names.OWNER_LABEL: "team that owns it; on alerts and the info series",
    names.CRITICALITY_LABEL: "of the service; on alerts and the info series",
    names.SEVERITY_LABEL: "on alerts; a site may call it otherwise",
    names.TIER_LABEL: "name of the burn-rate tier; on its alert",
    names.WINDOW_LABEL: "the period; on the info series",
}
ALERTS = {
    names.BURN_ALERT: "a tier's burn rate is exceeded over its long and its short window",
    names.ABSENCE_ALERT: "the total is missing",
    names.LOST_GROUP_ALERT: "a group was counted within the last hour and is not any more",
    names.SANITY_ALERT: "more bad events than events: the two halves do not count the same",
    names.COVERAGE_ALERT: "less than 99 % of the period was observed",
}


TYPES = {
    "5m 1h30m 30d": "duration",
    "500 ms 85% 10 MB/s": "quantity",
    "1% 0.5%": "ratio",
    "10/s 90/m": "rate",
    "99.9%": "percentage",
    "market-data": "name",
    "market-data market-data/availability": "reference",
    "CpuHigh": "alert name",
    "region": "label",
    "http_requests_total": "metric",
    "+01:00": "UTC offset",
    "0s 30s 5m": "wait",
    "page": "word",
    "08:30": "time of day",
    "Europe/London": "time zone",
}
"""What a value is called in the tables, by the examples of its schema."""


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        path = DOCS / "reference" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(page(), encoding="utf-8", newline="\n")


# --- problems


def problems_page() -> str:
    """Every problem with its reason, and how it looks where the broken project of the tests has it."""
    examples = _examples()
    lines = [
        "# Problems",
        "",
        "Everything promgen reports, besides the findings of [checks](checks/index.md). Errors stop the build; warnings do",
        "not. Most examples come from one run over a project that is broken on purpose.",
    ]
    for problem in sorted((*PROBLEMS, *LINT_PROBLEMS), key=lambda problem: problem.slug):
        lines += ["", *_problem(problem, examples.get(problem.slug, ""))]
    return _page(lines)


def _problem(problem: Problem, example: str) -> Iterator[str]:
    yield f"## {problem.slug.replace('/', '-')}"
    yield ""
    yield f"`{problem.slug}`: {problem.why}"
    if problem.silence:
        spoken = "To live with it for a while, " if problem.silence == SUPPRESS else "To live with it, "
        yield ""
        yield f"{spoken}{problem.silence}."
    if example:
        yield ""
        yield from ("```text", example, "```")


def _examples() -> dict[str, str]:
    """The first message of each problem in the expected output, without the notes that the page repeats."""
    found: dict[str, str] = {}
    for block in EXAMPLES.read_text(encoding="utf-8").split("\n\n"):
        if match := re.match(r"(?:error|warning)\[(.*?)\]", block):
            kept = [line for line in block.split("\n") if not re.match(r"   = (why|silence|more):", line)]
            found.setdefault(match[1], "\n".join(kept))
    return found


# --- checks


def checks_page() -> str:
    """Every check, by the part of its slug before the slash."""
    lines = [
        "# Checks",
        "",
        "What `promgen lint` looks for, in specifications and in plain rule files. The level is the one of a project that",
        "says nothing else; a check that is off runs where `lint.checks` in promgen.yaml gives it a level. The",
        "[guide](../../guides/lint.md) has the rest.",
    ]
    for area, members in groupby(CHECKS, lambda check: check.problem.slug.partition("/")[0]):
        lines += ["", f"## {area}", "", "| check | level | what it finds |", "|---|---|---|"]
        for check in members:
            slug = check.problem.slug
            lines.append(f"| [`{slug}`]({Path(check.page).name}) | {_level(check)} | {_found_by(check)} |")
    return _page(lines)


def check_page(check: Check) -> str:
    """What a check finds, why that matters, and how to mend it or to live with it."""
    slug = check.problem.slug
    return _page(
        [
            f"# {slug}",
            "",
            _found_by(check),
            "",
            f"{check.problem.why}",
            "",
            f"Level: {_level(check)}.{_NEEDS[check.needs]}",
            "",
            *_example("It objects to", check.bad, check.configuration),
            "",
            *_example("It accepts", check.good, ""),
            "",
            "## To live with it",
            "",
            "For a while, by a comment above the rule or the field, with a day and a reason:",
            "",
            "```yaml",
            f"# promgen: ignore {slug} until 2027-01-31: why it is accepted",
            "```",
            "",
            "For one subject, or `'*'` for every one, in promgen.yaml:",
            "",
            "```yaml",
            "suppressions:",
            f"  - {{problem: {slug}, subject: shop/Down, until: 2027-01-31, reason: why it is accepted}}",
            "```",
            "",
            "For good, in promgen.yaml:",
            "",
            "```yaml",
            f"lint: {{checks: {{{slug}: off}}}}",
            "```",
        ]
    )


_NEEDS = {
    "rules": "",
    "specifications": " It looks at specifications.",
    "inventory": " It needs an inventory of a server; see `promgen inventory`.",
    "policies": " It speaks where `lint.policies` in promgen.yaml demands something.",
}


def _level(check: Check) -> str:
    if check.needs == "policies":
        return "the policy's own"
    return check.level.value if check.is_default else f"off; {check.level.value} is meant"


def _found_by(check: Check) -> str:
    """The docstring of the check's module, as one paragraph."""
    module = next(one for one in vars(checks).values() if getattr(one, "CHECK", None) is check)
    return " ".join(module.__doc__.split())


def _example(head: str, text: str, configuration: str) -> Iterator[str]:
    yield from (f"## {head}", "", "```yaml", text.rstrip("\n"), "```")
    if configuration:
        yield from ("", "where promgen.yaml says", "", "```yaml", configuration.rstrip("\n"), "```")


# --- the command line


def cli_page() -> str:
    """What `--help` prints."""
    lines = ["# Commands", "", *_help("promgen", cli)]
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        lines += ["", f"## promgen {name}", "", *_help(f"promgen {name}", command)]
        if isinstance(command, click.Group):
            for below, subcommand in command.commands.items():
                path = f"promgen {name} {below}"
                lines += ["", f"### {path}", "", *_help(path, subcommand)]
    return _page(lines)


def _help(path: str, command: click.Command) -> Iterator[str]:
    context = click.Context(
        command, info_name=path, terminal_width=TERMINAL_WIDTH, help_option_names=["-h", "--help"]
    )
    yield from ("```text", command.get_help(context), "```")


# --- series, labels and alerts


def series_page() -> str:
    """Every name that dashboards, reports and routes may depend on."""
    return _page(
        [
            "# Series, labels and alerts",
            "",
            "Public series keep their names and meanings; one that must change is announced, and kept beside the new one",
            "for a release. Data series carry identity labels and those of `groupBy` and `externalLabels`, nothing else.",
            "",
            *_table(("series", "meaning"), PUBLIC_SERIES),
            "",
            "## Inner series",
            "",
            "What the public series are made of. They may change with any release.",
            "",
            *_table(("series", "meaning"), INNER_SERIES),
            "",
            "## Labels",
            "",
            *_table(("label", "meaning"), LABELS),
            "",
            "## Alerts of an SLO",
            "",
            *_table(("alert", "fires when"), ALERTS),
            "",
            f"The absence alert of an alert is called like it, with `{names.NO_DATA_SUFFIX}` at the end.",
            "",
            "## Severities",
            "",
            *_table(
                ("severity", "priority"),
                {severity: names.PRIORITY_OF[severity].value for severity in names.SEVERITIES},
            ),
        ]
    )


# --- the specification


def spec_page() -> str:
    """Every kind with its fields, then the shapes that several kinds share."""
    definitions: dict[str, Any] = schema_of()["$defs"]
    bodies = {kind: _body_name(wire.__name__, definitions) for kind, wire in DOCUMENTS.items()}
    lines = [
        "# Specifications",
        "",
        "A file below `inputs` holds any number of documents, divided by `---`. Each has these keys, and its fields",
        "below `spec`:",
        "",
        "```text",
        f"apiVersion: {names.API_VERSION}",
        "kind: Service",
        "metadata: {name: checkout, system: shop}",
        "spec: {}",
        "```",
        "",
        *_fields(definitions["Metadata"]),
        "",
        "Values are called after what they hold:",
        "",
        "| value | such as |",
        "|---|---|",
        *(
            f"| {word} | {', '.join(f'`{one}`' for one in _examples_of(text))} |"
            for text, word in TYPES.items()
        ),
    ]
    for kind, body in bodies.items():
        described = definitions[DOCUMENTS[kind].__name__]["description"]
        lines += [
            "",
            f"## {kind}",
            "",
            described,
            "",
            *_fields(definitions[body], but=("apiVersion", "kind")),
        ]
    heads = {wire.__name__ for wire in DOCUMENTS.values()} | {"Metadata"}
    for name in sorted(definitions.keys() - heads - set(bodies.values())):
        lines += ["", f"## {name}", "", definitions[name]["description"], "", *_fields(definitions[name])]
    return _page(lines)


def _examples_of(text: str) -> list[str]:
    """The examples that a key of `TYPES` is joined from; a number and its unit stay together."""
    return re.findall(r"\S+(?: (?:ms|MB)\S*)?", text)


def _body_name(document: str, definitions: dict[str, Any]) -> str:
    """The definition of a document's fields: that of its `spec`, or its own where it has none."""
    spec = definitions[document]["properties"].get("spec")
    return spec["$ref"].rpartition("/")[2] if spec else document


def _fields(definition: dict[str, Any], but: tuple[str, ...] = ()) -> Iterator[str]:
    yield from ("| key | value | meaning |", "|---|---|---|")
    branches = definition.get("else", {}).get("properties", {})
    for key, field in definition["properties"].items():
        if key not in but:
            needed = " (needed)" if key in definition.get("required", ()) else ""
            value = _value({**field, **branches.get(key, {})})
            yield f"| `{key}`{needed} | {value} | {field['description'].replace('|', chr(92) + '|')} |"


def _value(field: dict[str, Any]) -> str:
    """What may be written, in a few words."""
    if "$ref" in field:
        name = str(field["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in field:
        return ", ".join(f"`{word}`" for word in field["enum"])
    if "items" in field:
        return f"list of {_value(field['items'])}"
    if options := field.get("anyOf") or field.get("oneOf"):
        words = dict.fromkeys(_value(option) for option in options)
        return " or ".join(word for word in words if word != "number" or len(words) == 1)
    if below := _values_of_mapping(field):
        return f"mapping of {_value(below)}"
    return _type(field)


def _values_of_mapping(field: dict[str, Any]) -> dict[str, Any] | None:
    for below in (*field.get("patternProperties", {}).values(), field.get("additionalProperties")):
        if isinstance(below, dict):
            return below
    return None


def _type(field: dict[str, Any]) -> str:
    if "examples" in field:
        return TYPES[" ".join(field["examples"])]
    if "format" in field:
        return {"date": "date", "date-time": "time with a zone"}[field["format"]]
    spoken = {"object": "mapping", "integer": "whole number", "boolean": "true or false", "string": "text"}
    kind = str(field.get("type", "any value"))
    return spoken.get(kind, kind)


# --- Markdown


def _table(head: tuple[str, str], rows: dict[str, str]) -> Iterator[str]:
    yield f"| {head[0]} | {head[1]} |"
    yield "|---|---|"
    for name, text in rows.items():
        yield f"| `{name}` | {text} |"


def _page(lines: list[str]) -> str:
    return HEADER + "\n".join(line.rstrip() for line in lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "problems.md": problems_page,
    "cli.md": cli_page,
    "series.md": series_page,
    "spec.md": spec_page,
    "checks/index.md": checks_page,
    **{f"checks/{Path(check.page).name}": partial(check_page, check) for check in CHECKS},
}

if __name__ == "__main__":
    main()
