"""`promgen lint` as a user runs it: what it looks at, what it prints, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import click
import pytest

from promgen.base.diagnostics import Diagnostic, Related
from promgen.base.problems import Problem
from promgen.base.spans import Span
from promgen.cli.report import render_text
from promgen.lint.checks import CHECKS
from tests.cli.terminal import Done, as_json, promgen
from tests.compiler.projects import service, write_project

SUMMARY = "annotations: {summary: It is down}"
BAD = f"""\
groups:
  - name: shop
    rules:
      - alert: Down
        expr: irate(errors_total{{job="a"}}[5m]) > 1
        for: 0s
        {SUMMARY}
      - alert: Gone
        expr: absent(up{{job="a"}})
        for: 5m
"""
"""One alert that two samples set off, which is information, and one without a summary, which is a warning."""
FOR, SUMMARY_MISSING = "alerts/for", "alerts/missing-summary"
CART = service(
    """\
    alerts:
      - {name: Down, expr: 'irate(cart_errors_total[5m]) > 1', severity: high, annotations: {summary: a}}
      - {name: Slow, expr: 'cart_slow > 1', severity: low, annotations: {summary: b}, for: 5m}
    """
)
ENVIRONMENTS = """\
apiVersion: promgen/v1
kind: Environment
metadata: {name: production}
spec: {selector: {env: production}}
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: staging}
spec: {selector: {env: staging}}
"""


def found(done: Done) -> list[tuple[str, str]]:
    """Check and subject of each problem."""
    return [(one["problem"], one["subject"]) for one in done.data["problems"]]


def files(done: Done) -> set[str]:
    return {one["place"]["file"] for one in done.data["problems"]}


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder with nothing but rules."""
    (tmp_path / "rules.yml").write_text(BAD, encoding="utf-8")
    return tmp_path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one service in two environments, and a folder of plain rules."""
    write_project(tmp_path, {"cart.yaml": CART, "environments.yaml": ENVIRONMENTS})
    (tmp_path / "legacy").mkdir()
    (tmp_path / "legacy" / "rules.yml").write_text(BAD, encoding="utf-8")
    return tmp_path


def configure(project: Path, text: str) -> None:
    with (project / "promgen.yaml").open("a", encoding="utf-8") as file:
        file.write(text)


def lint(folder: Path, *arguments: str) -> Done:
    done = as_json(folder, "lint", *arguments)
    assert done.err == ""
    return done


# --- what is looked at


def test_rule_files_need_no_project(rules: Path) -> None:
    done = lint(rules, "rules.yml")
    assert done.code == 1
    assert found(done) == [(FOR, "shop/Down"), (SUMMARY_MISSING, "shop/Gone")]


def test_a_folder_is_searched_for_files_that_hold_rules(rules: Path) -> None:
    (rules / "deep" / "er").mkdir(parents=True)
    (rules / "deep" / "er" / "more.yaml").write_text(BAD, encoding="utf-8")
    (rules / "deep" / "prometheus.yml").write_text("rule_files: ['*.yml']\nnot: [rules\n", encoding="utf-8")
    (rules / ".hidden").mkdir()
    (rules / ".hidden" / "rules.yml").write_text(BAD, encoding="utf-8")
    assert files(lint(rules, ".")) == {"rules.yml", "deep/er/more.yaml"}


def test_a_file_that_is_named_is_read_whatever_it_holds(rules: Path) -> None:
    (rules / "alertmanager.conf").write_text("route: {}\n", encoding="utf-8")
    done = lint(rules, "alertmanager.conf")
    assert [slug for slug, _ in found(done)] == ["rules/unknown-field"]


def test_without_a_project_something_must_be_named(rules: Path) -> None:
    done = promgen(rules, "lint")
    assert (done.code, done.out) == (2, "")
    assert "name rule files or folders of them" in done.err
    missing = promgen(rules, "lint", "nosuch.yml")
    assert missing.code == 2
    assert "there is no file or folder" in missing.err


def test_a_project_is_linted_once_for_all_environments(project: Path) -> None:
    done = lint(project)
    assert [row for row in found(done) if row[0] == FOR] == [(FOR, "cart/Down")]
    assert files(done) == {"slo-specs/cart.yaml"}


def test_a_project_lists_the_rule_files_that_belong_to_it(project: Path) -> None:
    configure(project, "lint: {files: [legacy]}\n")
    assert files(lint(project)) == {"slo-specs/cart.yaml", "legacy/rules.yml"}


def test_a_path_narrows_a_project(project: Path) -> None:
    (project / "slo-specs" / "other.yaml").write_text(CART.replace("cart", "shop"), encoding="utf-8")
    assert files(lint(project, "slo-specs/other.yaml")) == {"slo-specs/other.yaml"}
    assert files(lint(project, "legacy")) == {"legacy/rules.yml"}
    assert files(lint(project, ".")) == {"slo-specs/cart.yaml", "slo-specs/other.yaml", "legacy/rules.yml"}


def test_paths_are_those_of_the_project_from_wherever_it_runs(project: Path) -> None:
    assert files(lint(project / "legacy", "rules.yml")) == {"legacy/rules.yml"}


def test_what_promgen_generated_is_left_out(project: Path) -> None:
    assert promgen(project, "build").code == 0
    assert [*(project / "rules").rglob("*.yaml")]
    assert found(lint(project, "rules")) == []


def test_a_project_that_does_not_compile_says_why(project: Path) -> None:
    (project / "slo-specs" / "cart.yaml").write_text(
        CART.replace("cart_slow > 1", "cart_slow >"), encoding="utf-8"
    )
    configure(project, "lint: {files: [legacy]}\n")
    done = lint(project, "--fail-on", "error")
    assert done.code == 1
    assert [slug for slug, _ in found(done)] == [FOR, SUMMARY_MISSING, "promql/syntax"]


def test_a_mistake_in_promgen_yaml_is_reported(project: Path) -> None:
    configure(project, "lint: {checks: {alerts/fro: off}}\n")
    (mistake,) = [one for one in lint(project).data["problems"] if one["level"] == "error"]
    assert mistake["message"] == "there is no check `alerts/fro`"
    assert mistake["allowed"] == "did you mean `alerts/for`?"
    assert mistake["place"]["file"] == "promgen.yaml"


# --- what is reported


def test_levels_are_those_of_promgen_yaml(project: Path) -> None:
    configure(project, "lint: {checks: {alerts/for: error, alerts/missing-summary: off}}\n")
    done = lint(project, "legacy")
    assert [(one["problem"], one["level"]) for one in done.data["problems"]] == [(FOR, "error")]


def test_what_others_maintain_is_information(project: Path) -> None:
    configure(project, "lint: {vendored: ['legacy/**'], checks: {alerts/for: error}}\n")
    done = lint(project, "legacy")
    assert [one["level"] for one in done.data["problems"]] == ["info", "info"]
    assert done.code == 0


def test_one_check_can_be_run_alone(rules: Path) -> None:
    assert [slug for slug, _ in found(lint(rules, "rules.yml", "--only", FOR))] == [FOR]
    both = lint(rules, "rules.yml", "--only", FOR, "--only", SUMMARY_MISSING)
    assert [slug for slug, _ in found(both)] == [FOR, SUMMARY_MISSING]
    off = next(check for check in CHECKS if not check.is_default)
    assert lint(rules, "rules.yml", "--only", off.problem.slug).code in {0, 1}
    unknown = promgen(rules, "lint", "rules.yml", "--only", "alerts/fro")
    assert unknown.code == 2
    assert "did you mean `alerts/for`?" in unknown.err


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 1), ("info", 1)])
def test_the_exit_code_has_a_threshold(rules: Path, level: str, code: int) -> None:
    assert lint(rules, "rules.yml", "--fail-on", level).code == code
    only_for = lint(rules, "rules.yml", "--fail-on", level, "--only", FOR)
    assert only_for.code == (1 if level == "info" else 0)


def test_the_text_shows_the_line_the_reason_and_the_page(rules: Path) -> None:
    done = promgen(rules, "lint", "rules.yml", "--only", SUMMARY_MISSING)
    assert done.err == ""
    assert f"warning[{SUMMARY_MISSING}]" in done.out
    assert "rules.yml:8:16" in done.out
    assert f"promgen: ignore {SUMMARY_MISSING} until DATE: REASON" in done.out
    assert "more: docs/reference/checks/alerts-missing-summary.md" in done.out
    assert done.out.endswith("\n1 warning in 1 file\n")
    clean = promgen(rules, "lint", "rules.yml", "--only", "rule/duplicate")
    assert clean == (0, "no problems in 1 file\n", "")


@pytest.mark.parametrize("name", ["sarif", "junit", "github", "gitlab"])
def test_every_format_has_the_findings(rules: Path, name: str) -> None:
    done = promgen(rules, "lint", "rules.yml", "--format", name)
    assert (done.code, done.err) == (1, "")
    assert done.out.count("`Gone`") >= 1


def test_checks_are_listed_with_their_levels(project: Path, tmp_path: Path) -> None:
    configure(project, "lint: {checks: {alerts/for: error, alerts/missing-summary: off}}\n")
    listed = {row["check"]: row["level"] for row in lint(project, "--list-checks").data}
    assert listed.keys() == {check.problem.slug for check in CHECKS}
    assert (listed[FOR], listed[SUMMARY_MISSING]) == ("error", "off")
    assert FOR in promgen(project, "lint", "--list-checks").out


# --- what is accepted


def test_a_comment_silences_a_rule(rules: Path) -> None:
    comment = f"# promgen: ignore {SUMMARY_MISSING} until 2999-01-01: it is explained elsewhere"
    text = BAD.replace("      - alert: Gone", f"      {comment}\n      - alert: Gone")
    (rules / "rules.yml").write_text(text, encoding="utf-8")
    assert found(lint(rules, "rules.yml")) == [(FOR, "shop/Down")]
    (rules / "rules.yml").write_text(text.replace("2999", "2001"), encoding="utf-8")
    assert [slug for slug, _ in found(lint(rules, "rules.yml"))] == [FOR, "ignore/expired", SUMMARY_MISSING]


def test_a_comment_silences_what_the_reader_found(rules: Path) -> None:
    head = "# promgen: ignore-file source/yaml-syntax until 2999-01-01: a template of the deployment\n"
    (rules / "rules.yml").write_text(f"{head}groups: [\n", encoding="utf-8")
    assert found(lint(rules, "rules.yml")) == []


def test_a_comment_in_a_specification_works_too(project: Path) -> None:
    comment = f"# promgen: ignore {FOR} until 2999-01-01: the probe decides by itself"
    text = CART.replace("    - {name: Down", f"    {comment}\n    - {{name: Down")
    (project / "slo-specs" / "cart.yaml").write_text(text, encoding="utf-8")
    assert [row for row in found(lint(project)) if row[0] in {FOR, "ignore/unused", "ignore/form"}] == []


SUPPRESSION = "suppressions:\n  - {problem: %s, subject: %s, until: %s, reason: agreed with the team}\n"


def test_promgen_yaml_suppresses_a_check_for_a_subject(project: Path) -> None:
    configure(project, SUPPRESSION % (FOR, "cart/Down", "2999-01-01"))
    assert FOR not in [slug for slug, _ in found(lint(project))]
    assert not [slug for slug, _ in found(lint(project)) if slug.startswith("suppression")]
    build = promgen(project, "build")
    assert (build.code, build.err) == (0, "")


@pytest.mark.parametrize(
    ("subject", "until", "slug"),
    [("cart/Slow", "2999-01-01", "suppression/unused"), ("cart/Down", "2001-01-01", "suppression/expired")],
)
def test_a_suppression_that_does_nothing_is_reported(
    project: Path, subject: str, until: str, slug: str
) -> None:
    configure(project, SUPPRESSION % (FOR, subject, until))
    slugs = [one for one, _ in found(lint(project))]
    assert FOR in slugs
    assert slug in slugs
    narrowed = [one for one, _ in found(lint(project, "legacy"))]
    assert "suppression/unused" not in narrowed


def test_a_suppression_of_no_check_is_an_error_of_the_build(project: Path) -> None:
    configure(project, SUPPRESSION % ("alerts/fro", "cart/Down", "2999-01-01"))
    build = promgen(project, "build")
    assert build.code == 1
    assert "`alerts/fro` cannot be suppressed" in build.err
    assert "did you mean `alerts/for`?" in build.err


def test_a_baseline_accepts_what_is_there_and_nothing_new(rules: Path) -> None:
    written = promgen(rules, "lint", "rules.yml", "--write-baseline", "baseline.json")
    assert written == (0, "baseline.json accepts 2 findings\n", "")
    assert found(lint(rules, "rules.yml", "--baseline", "baseline.json")) == []
    more = "# one\n# two\n" + BAD + "      - {alert: New, expr: 'irate(errors_total[5m]) > 2'}\n"
    (rules / "rules.yml").write_text(more, encoding="utf-8")
    done = lint(rules, "rules.yml", "--baseline", "baseline.json")
    assert {subject for _, subject in found(done)} == {"shop/New"}


def test_what_is_gone_from_a_baseline_is_information(rules: Path) -> None:
    promgen(rules, "lint", "rules.yml", "--write-baseline", "baseline.json")
    (rules / "rules.yml").write_text(BAD.replace("for: 5m", f"for: 5m\n        {SUMMARY}"), encoding="utf-8")
    done = lint(rules, "rules.yml", "--baseline", "baseline.json")
    assert (done.code, found(done)) == (0, [("baseline/gone", "shop/Gone")])
    other = lint(rules, "rules.yml", "--baseline", "baseline.json", "--only", FOR)
    assert found(other) == []


def test_a_baseline_that_is_missing_ends_with_4(rules: Path) -> None:
    done = promgen(rules, "lint", "rules.yml", "--baseline", "nosuch.json")
    assert (done.code, done.out) == (4, "")
    assert "cannot read" in done.err


def test_only_what_changed_is_reported(rules: Path) -> None:
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "all"]):
        name = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *name, *command], cwd=rules, check=True)
    (rules / "rules.yml").write_text(
        BAD + "      - {alert: New, expr: 'irate(errors_total[5m]) > 2'}\n", encoding="utf-8"
    )
    done = lint(rules, "rules.yml", "--since", "HEAD")
    assert {subject for _, subject in found(done)} == {"shop/New"}
    wrong = promgen(rules, "lint", "rules.yml", "--since", "nosuch")
    assert (wrong.code, wrong.err) == (4, "promgen: git knows no revision `nosuch`\n")


# --- what must not go wrong


def test_files_that_cannot_be_read_are_named(rules: Path) -> None:
    os.mkfifo(rules / "pipe.yml")
    done = promgen(rules, "lint", "rules.yml", "pipe.yml")
    assert (done.code, done.out) == (4, "")
    assert done.err == "promgen: cannot read pipe.yml: it is not a file\n"


def test_strange_files_are_findings_and_no_crash(rules: Path) -> None:
    (rules / "binary.yml").write_bytes(b"groups:\n\xff\xfe\x00")
    (rules / "large.yml").write_bytes(b"groups: []\n" + b"#" * 5_000_000)
    (rules / "nul.yml").write_bytes(b"groups: [\x00]")
    (rules / "loop.yml").write_text("groups: &a [*a]\n", encoding="utf-8")
    (rules / "link").symlink_to(rules)
    done = lint(rules, ".")
    slugs = [slug for slug, _ in found(done) if slug.startswith("source/")]
    assert sorted(slugs) == [
        "source/encoding",
        "source/file-too-large",
        "source/yaml-syntax",
        "source/yaml-syntax",
    ]


def test_what_cannot_be_read_in_a_folder_is_a_finding_and_the_rest_is_linted(rules: Path) -> None:
    (rules / "gone.yml").symlink_to("nosuch.yml")
    (rules / "self.yml").symlink_to("self.yml")
    os.mkfifo(rules / "pipe.yml")
    done = lint(rules, ".")
    unread = [one["place"]["file"] for one in done.data["problems"] if one["problem"] == "rules/unreadable"]
    assert (done.code, unread) == (1, ["gone.yml", "self.yml"])
    assert {FOR, SUMMARY_MISSING} < {slug for slug, _ in found(done)}


def test_no_part_of_a_finding_moves_the_cursor() -> None:
    span, hostile = Span("a\x1b[2J", 1, 1, 1, 2), "b\x1b[2J\u202e"
    found = Diagnostic(
        problem=Problem("a/b", "why"),
        message=hostile,
        span=span,
        allowed=hostile,
        related=(Related(span=span, text=hostile),),
    )
    shown = render_text([found], {span.file: hostile})
    assert all(character.isprintable() or character == "\n" for character in click.unstyle(shown))
    assert shown.count("b\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}") == 5


def test_a_link_to_another_folder_is_followed_once_and_one_that_leads_back_never(rules: Path) -> None:
    folder, outside = rules / "folder", rules / "outside"
    for one in (folder, outside):
        one.mkdir()
        (one / "rules.yml").write_text(BAD, encoding="utf-8")
    (folder / "again").symlink_to(outside)
    (folder / "linked").symlink_to(outside)
    (folder / "back").symlink_to(rules)
    (outside / "round").symlink_to(folder)
    assert files(lint(rules, "folder")) == {"folder/rules.yml", "folder/again/rules.yml"}


def test_a_file_that_is_not_utf_8_can_be_accepted_like_any_finding(rules: Path) -> None:
    (rules / "old.yml").write_bytes("groups: []  # gr\xfc\xdfe\n".encode("latin-1"))
    assert promgen(rules, "lint", ".", "--fail-on", "error").out.endswith("in 2 files\n")
    promgen(rules, "lint", ".", "--write-baseline", "baseline.json")
    assert promgen(rules, "lint", ".", "--baseline", "baseline.json").out == "no problems in 2 files\n"


def test_without_a_project_the_newest_prometheus_is_meant(project: Path) -> None:
    new = """\
groups:
  - name: new
    query_offset: 1m
    labels: {team: shop}
    rules:
      - {record: 'job:seen:last', expr: 'ts_of_last_over_time(seen{"http.route"="/"}[5m])'}
"""
    (project / "new.yml").write_text(new, encoding="utf-8")
    assert {slug for slug, _ in found(lint(project, "new.yml"))} == {"target/unsupported"}
    (project / "promgen.yaml").unlink()
    assert found(lint(project, "new.yml")) == []


def test_a_file_is_linted_once_however_often_it_is_named(rules: Path) -> None:
    done = lint(rules, "rules.yml", ".", "./rules.yml")
    assert len(found(done)) == 2


def test_json_is_data_for_every_finding(rules: Path) -> None:
    (first, _) = json.loads(promgen(rules, "lint", "rules.yml", "--format", "json").out)["problems"]
    assert first["place"] == {
        "file": "rules.yml",
        "line": 5,
        "column": 15,
        "end_line": 5,
        "end_column": 51,
    }
