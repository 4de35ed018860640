"""Routes, answers and proofs for people and for machines."""

from __future__ import annotations

import datetime
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import click

from promgen.base.printable import printable
from promgen.compiler.ir.alertmanager import EVERY_LABEL, InhibitRule
from promgen.promql import format_selector
from promgen.proof.routes.answer import Answer, Notification
from promgen.proof.routes.match import Node
from promgen.proof.routes.prove import Verdict
from promgen.proof.routes.proving import Finding, Proving

_WIDTH = 80
_ANY_WIDTH = 1000
_MOST_FINDINGS = 10
"""Of one proof that the text shows; data has all."""


def print_tree(root: Node) -> None:
    """Draw the routes, each with its matchers, receiver and hours."""
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    def branch(node: Node, above: Tree) -> None:
        for child in node.children:
            branch(child, above.add(Text(_drawn(child))))

    tree = Tree(Text(_drawn(root)))
    branch(root, tree)
    width = None if sys.stdout.isatty() else _ANY_WIDTH
    Console(width=width, highlight=False, markup=False, emoji=False).print(tree)


def print_answers(answers: Sequence[Answer], at: datetime.datetime) -> None:
    """For each what is told to whom; the labels first where there are several."""
    click.echo("\n\n".join("\n".join(_answer_lines(answer)) for answer in answers))
    click.echo(f"\nat {at:%a %Y-%m-%d %H:%M %Z}")


def answers_data(answers: Sequence[Answer], at: datetime.datetime) -> dict[str, Any]:
    """The same as data."""
    return {"at": at.isoformat(), "answers": [_answer_data(answer) for answer in answers]}


def print_verdicts(proving: Proving, verdicts: Sequence[Verdict]) -> None:
    """A line for each proof, and what speaks against it below."""
    for verdict in verdicts:
        click.echo("\n".join(_verdict_lines(verdict)))
    failed = sum(verdict.has_failed for verdict in verdicts)
    outcome = click.style(f"{failed} failed", fg="red") if failed else click.style("all hold", fg="green")
    looked_at = f"{_alerts(proving)}, {_count(len(proving.nodes), 'route')}"
    inexact = [axis.name for axis in proving.space.axes if not axis.is_exact]
    click.echo(f"\n{outcome}: {len(verdicts)} proofs over {looked_at}")
    if inexact:
        names = ", ".join(map(printable, inexact))
        click.echo(f"not every value of {names} was looked at: its regular expressions are not followed")


def verdicts_data(proving: Proving, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The same as data, with every finding."""
    return {
        "alerts": 0 if proving.alerts[0].is_made_up else len(proving.alerts),
        "routes": len(proving.nodes),
        "failed": sum(verdict.has_failed for verdict in verdicts),
        "inexactLabels": [axis.name for axis in proving.space.axes if not axis.is_exact],
        "proofs": [_verdict_data(verdict) for verdict in verdicts],
    }


def _wrapped(text: str, indent: str) -> str:
    """Text from outside, in lines below each other; a word that is too long stands out."""
    return textwrap.fill(
        printable(text),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _drawn(node: Node) -> str:
    matchers = format_selector(None, node.route.matchers) or "every alert"
    parts = [matchers, f"→ {node.receiver}" if node.route.receiver else ""]
    parts += [f"only in {', '.join(node.active)}" if node.active else ""]
    parts += [f"not in {', '.join(node.muted)}" if node.muted else ""]
    parts += ["and on" if node.route.is_continued else ""]
    return printable("  ".join(filter(None, parts)))


def _answer_lines(answer: Answer) -> Iterator[str]:
    labels = (f"{name}={value}" for name, value in sorted(answer.labels.items()))
    yield click.style(_wrapped(" ".join(labels), ""), bold=True)
    for notification in answer.notifications:
        yield from _notification_lines(notification)
    for inhibitor in answer.inhibitors:
        yield _wrapped(f"inhibited by {', '.join(inhibitor.names)}", "  ")
        yield _wrapped(f"by {_rule(inhibitor.rule)}", "    ")


def _notification_lines(notification: Notification) -> Iterator[str]:
    node, options = notification.node, notification.node.options
    kinds = ", ".join(dict.fromkeys(notification.tells)) or "tells nobody"
    pager = click.style(" pages", fg="red") if notification.is_pager else ""
    yield f"  {click.style(printable(node.receiver), fg='cyan')} ({kinds}){pager}"
    yield _wrapped(f"by {node.name} {node.selector}", "    ")
    times = (
        f"first after {options.group_wait}, changes after {options.group_interval},"
        f" again after {options.repeat_interval}"
    )
    yield _wrapped(f"{_grouping(options.group_by)}; {times}", "    ")
    if notification.outside:
        hours = ", ".join(notification.outside)
        yield click.style(_wrapped(f"not now: only in {hours}", "    "), fg="yellow")
    if notification.muted_by:
        muted = ", ".join(notification.muted_by)
        yield click.style(_wrapped(f"not now: muted by {muted}", "    "), fg="yellow")


def _grouping(labels: tuple[str, ...]) -> str:
    if labels == (EVERY_LABEL,):
        return "each alert in a message of its own"
    return f"grouped by {', '.join(labels)}" if labels else "all in one group"


def _rule(rule: InhibitRule) -> str:
    equal = f" with the same {', '.join(rule.equal)}" if rule.equal else ""
    return f"{format_selector(None, rule.source)}{equal}"


def _answer_data(answer: Answer) -> dict[str, Any]:
    return {
        "labels": dict(answer.labels),
        "notifications": [_notification_data(one) for one in answer.notifications],
        "inhibitedBy": [
            {
                "alerts": list(one.names),
                "source": format_selector(None, one.rule.source),
                "target": format_selector(None, one.rule.target),
                "equal": list(one.rule.equal),
                "origin": one.rule.origin,
            }
            for one in answer.inhibitors
        ],
    }


def _notification_data(notification: Notification) -> dict[str, Any]:
    node, options = notification.node, notification.node.options
    return {
        "receiver": node.receiver,
        "integrations": list(notification.tells),
        "isPager": notification.is_pager,
        "route": list(node.path),
        "matchers": node.selector,
        "origin": node.route.origin,
        "groupBy": list(options.group_by),
        "groupWait": str(options.group_wait),
        "groupInterval": str(options.group_interval),
        "repeatInterval": str(options.repeat_interval),
        "activeIntervals": list(node.active),
        "muteIntervals": list(node.muted),
        "notifies": notification.notifies,
        "mutedBy": list(notification.muted_by),
    }


def _verdict_lines(verdict: Verdict) -> Iterator[str]:
    colour, word = ("green", "holds") if not verdict.findings else ("red", "fails")
    if verdict.findings and verdict.proof.is_note:
        colour, word = "yellow", "note"
    yield f"{click.style(f'{word:5}', fg=colour, bold=True)}  {verdict.proof.claim}"
    for finding in verdict.findings[:_MOST_FINDINGS]:
        yield from _finding_lines(finding)
    if (more := len(verdict.findings) - _MOST_FINDINGS) > 0:
        yield f"       and {more} more; `--format json` has all"


def _finding_lines(finding: Finding) -> Iterator[str]:
    yield _wrapped(finding.message, "       ")
    if finding.example:
        labels = " ".join(f"{name}={value}" for name, value in sorted(finding.example.items()))
        yield _wrapped(f"such as {labels}", "         ")
    if finding.origin:
        yield f"         --> {printable(finding.origin)}"


def _verdict_data(verdict: Verdict) -> dict[str, Any]:
    return {
        "claim": verdict.proof.claim,
        "holds": not verdict.findings,
        "isNote": verdict.proof.is_note,
        "findings": [
            {"message": one.message, "origin": one.origin, "example": dict(one.example)}
            for one in verdict.findings
        ],
    }


def _alerts(proving: Proving) -> str:
    if proving.alerts[0].is_made_up:
        return "all labels that matchers tell apart"
    return _count(len(proving.alerts), "alert")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
