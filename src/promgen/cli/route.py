"""`promgen route`: who is told of an alert, when and why, and the proof that everyone is told who must be."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from promgen.base.diagnostics import Diagnostics
from promgen.base.errors import OutsideError, UsageError
from promgen.cli import EXIT_PROBLEMS
from promgen.cli.report import render_text, summary, to_json
from promgen.cli.routed import answers_data, print_answers, print_tree, print_verdicts, verdicts_data
from promgen.cli.workspace import compiled, is_json, print_json
from promgen.compiler.ir.alertmanager import Alertmanager
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.compiler.source.alertmanager import read_alertmanager
from promgen.compiler.source.files import SourceFile, decode
from promgen.compiler.source.project_root import find_root
from promgen.compiler.spec.read import nearest
from promgen.lint.files import read_rule_texts
from promgen.lint.read import read_rule_file
from promgen.model.catalog import EVALUATION_INTERVAL, Target
from promgen.proof.routes.alerts import Alert, alerts_of, made_up, priorities_of
from promgen.proof.routes.answer import Answer, answer_alert, answer_labels
from promgen.proof.routes.match import matchers_of
from promgen.proof.routes.prove import prove
from promgen.proof.routes.proving import Proving


@click.command("route", short_help="Show who is told of an alert, and prove the routes.")
@click.argument("labels", nargs=-1)
@click.option("--prove", "is_proved", is_flag=True, help="Prove the routes for every alert and every minute.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Another alertmanager.yml than the project's.",
)
@click.option(
    "--rules",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Rule files or folders of them, besides the project's.",
)
@click.option("--at", metavar="TIME", help="Moment such as 2026-03-01T02:30Z; now unless given.")
@click.pass_context
def command(
    context: click.Context,
    *,
    labels: tuple[str, ...],
    is_proved: bool,
    config: Path | None,
    rules: tuple[Path, ...],
    at: str | None,
) -> None:
    """Show who is told of an alert, when, grouped how, and what mutes it.

    LABELS are name=value pairs of one alert, or the name of an alert or SLO of the project. Without any, the tree is drawn.

    \b
    promgen route service=cart severity=critical
    promgen route HighLatency --at 2026-03-01T02:30Z
    promgen route --prove
    promgen route --prove --config alertmanager.yml --rules rules/
    """
    moment = _moment(at)
    proving = _proving(context, config, rules)
    try:
        if is_proved:
            _prove(context, proving)
        elif labels:
            _answer(context, _answers(proving, labels, moment), moment)
        else:
            print_tree(proving.dispatch.root)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _prove(context: click.Context, proving: Proving) -> None:
    verdicts = prove(proving)
    if is_json(context):
        print_json(verdicts_data(proving, verdicts))
    else:
        print_verdicts(proving, verdicts)
    if any(verdict.has_failed for verdict in verdicts):
        raise click.exceptions.Exit(EXIT_PROBLEMS)


def _answer(context: click.Context, answers: Sequence[Answer], at: datetime.datetime) -> None:
    if is_json(context):
        print_json(answers_data(answers, at))
    else:
        print_answers(answers, at)


def _moment(text: str | None) -> datetime.datetime:
    """In UTC unless it says otherwise."""
    if text is None:
        return datetime.datetime.now(datetime.UTC)
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"`{text}` is no time; write for example 2026-03-01T02:30Z") from error
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _answers(proving: Proving, words: Sequence[str], at: datetime.datetime) -> list[Answer]:
    names = [word for word in words if "=" not in word]
    pairs = _labels(word for word in words if "=" in word)
    if not names:
        return [answer_labels(proving, pairs, at)]
    if pairs or len(names) > 1:
        raise UsageError("give name=value pairs of one alert, or one name of an alert or SLO")
    return [
        answer for alert in _named(proving.alerts, names[0]) for answer in answer_alert(proving, alert, at)
    ]


def _labels(words: Iterable[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for word in words:
        name, _, value = word.partition("=")
        if not name:
            raise UsageError(f"`{word}` names no label; write for example severity=critical")
        if name in labels:
            raise UsageError(f"`{name}` is given twice; an alert has each label once")
        labels[name] = value
    return labels


def _named(alerts: Sequence[Alert], name: str) -> list[Alert]:
    """Those of this name, or of the SLO or service whose name ends so."""
    found = [alert for alert in alerts if name == alert.name or f"/{alert.subject}".endswith(f"/{name}")]
    if not found:
        known = {alert.name for alert in alerts} | {alert.subject for alert in alerts}
        raise UsageError(f"there is no alert or SLO `{name}`; {nearest(name, known)}")
    return found


def _proving(context: click.Context, config: Path | None, rules: Sequence[Path]) -> Proving:
    """The configuration that is asked about, with the alerts of the project and of the rule files."""
    output = compiled(context)[3] if config is None or _has_project(context) else None
    target = output.catalog.target if output else Target()
    chosen = _read(context, config) if config is not None else output.alertmanager if output else None
    if chosen is None:
        raise UsageError("the project has no Routing; write one, or name an alertmanager.yml with `--config`")
    files = (*(output.rule_files if output else ()), *_rule_files(context, rules))
    priorities = priorities_of(target)
    alerts = alerts_of(files, target.external_labels)
    if not alerts:
        severities = {
            matcher.value
            for matcher in matchers_of(chosen.route)
            if matcher.name == priorities.label and matcher.value in priorities.of_value
        }
        alerts = tuple(made_up(sorted(severities), priorities.label))
    return Proving(
        config=chosen, alerts=alerts, priorities=priorities, first_day=datetime.date.today().replace(day=1)
    )


def _directory(context: click.Context) -> Path:
    return Path(context.obj["directory"]).resolve()


def _has_project(context: click.Context) -> bool:
    try:
        find_root(_directory(context))
    except UsageError:
        return False
    return True


def _read(context: click.Context, path: Path) -> Alertmanager | None:
    """A configuration; where Alertmanager would refuse it the reasons are printed and the command ends."""
    diagnostics = Diagnostics()
    full = _directory(context) / path
    if not full.is_file():
        raise UsageError(f"there is no file {path}")
    try:
        text = decode(SourceFile(str(path), full.read_bytes()), diagnostics) or ""
    except OSError as error:
        raise OutsideError(f"cannot read {path}: {error.strerror}") from error
    found = read_alertmanager(text, str(path), diagnostics)
    _stop_at(context, diagnostics, {str(path): text})
    return found


def _rule_files(context: click.Context, paths: Sequence[Path]) -> list[RuleFile]:
    """The alerts of plain rule files, with the place of each as what they were made from."""
    if not paths:
        return []
    diagnostics = Diagnostics()
    root = _directory(context)
    texts = read_rule_texts(root, [root / path for path in paths], (), diagnostics)
    files = [
        RuleFile(path, f"{path}:{rule.span('name').line}", (group,))
        for path, text in texts.items()
        for file in read_rule_file(text, path, diagnostics)
        for found, rule in file.rules()
        for group in (_group(found.name, rule.name, rule.expr, rule.labels, rule.is_alert),)
    ]
    _stop_at(context, diagnostics, texts)
    return files


def _group(group: str, name: str, expr: str, labels: Mapping[str, str], is_alert: bool) -> Group:
    rule = Rule(name, expr, dict(labels), "", is_alert)
    return Group(group, EVALUATION_INTERVAL, (rule,), "")


def _stop_at(context: click.Context, diagnostics: Diagnostics, texts: dict[str, str]) -> None:
    """End the command where there are errors, after printing them."""
    found = diagnostics.sorted()
    if not diagnostics.has_errors:
        return
    if is_json(context):
        print_json({"problems": to_json(found)})
    else:
        click.echo(render_text(found, texts), err=True)
        click.echo(summary(found), err=True)
    raise click.exceptions.Exit(EXIT_PROBLEMS)
