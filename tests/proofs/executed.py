"""Proof cases on the real promtool, with the rules as compiled or changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from promgen.compiler.ir.proofs import Case
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.proof.execute import execute, task_of
from promgen.proof.junit import said
from promgen.proof.promtool import find_promtool
from tests.real import Install

ChangeRule = Callable[[Rule], Iterable[Rule]]
"""What stands in the place of a rule: itself, others, or nothing."""


def changed(file: RuleFile, change: ChangeRule) -> RuleFile:
    """The file with other rules."""
    return file._replace(groups=tuple(_changed(group, change) for group in file.groups))


def _changed(group: Group, change: ChangeRule) -> Group:
    return group._replace(rules=tuple(new for rule in group.rules for new in change(rule)))


def refusals(install: Install, file: RuleFile, cases: Iterable[Case]) -> list[str]:
    """What promtool says about each case that fails."""
    groups = {group.name: group for group in file.groups}
    chosen = [case for case in cases if install.release >= case.since]
    assert chosen
    tasks = [task_of(case, (groups[name] for name in case.groups)) for case in chosen]
    results = execute(tasks, find_promtool(str(install.promtool)))
    return [f"{result.task.case.name}: {said(failure)}" for result in results for failure in result.failures]
