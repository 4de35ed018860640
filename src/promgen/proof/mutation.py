"""Hunts mutants: each is run against the proof cases of its subject, the quickest first, until one of them fails."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from promgen.base import conventions as names
from promgen.compiler.ir.proofs import Case, Proofs
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.model.catalog import Target
from promgen.proof.execute import Task, execute
from promgen.proof.mutants import Mutant, mutants_of
from promgen.proof.promtool import Promtool


class Prey(NamedTuple):
    """A mutant of one subject, and the cases that may notice it, quickest first."""

    subject: str
    path: str
    """Of its file of rules."""
    mutant: Mutant
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a mutant; `killed_by` is the name of the case that failed, empty when none did."""

    prey: Prey
    killed_by: str = ""


def find_prey(rule_files: Iterable[RuleFile], proofs: Iterable[Proofs], target: Target) -> Iterator[Prey]:
    """Every mutant of every subject, in the order of the files."""
    cases = {found.path: found.cases for found in proofs}
    for file in rule_files:
        groups = {group.name: group for group in file.groups}
        by_subject = _by_subject(cases.get(file.path, ()))
        for group in file.groups:
            for mutant in mutants_of(group, target):
                subject = subject_of(group, group.rules[mutant.place])
                tasks = (_task(case, mutant, groups, subject) for case in by_subject.get(subject, ()))
                yield Prey(subject, file.path, mutant, tuple(sorted(tasks, key=lambda task: task.cost)))


def sample(prey: Sequence[Prey], size: int | None, seed: int) -> list[Prey]:
    """So many of them, chosen by a seed; all where no size is given."""
    if size is None or size >= len(prey):
        return list(prey)
    return [prey[place] for place in sorted(random.Random(seed).sample(range(len(prey)), size))]


def hunt(prey: Iterable[Prey], promtool: Promtool, jobs: int | None = None) -> Iterator[Outcome]:
    """What becomes of each mutant, as it becomes known. Raise OutsideError when promtool cannot be started."""
    alive = list(prey)
    turn = 0
    while alive:
        waiting = {id(one.tasks[turn]): one for one in alive if turn < len(one.tasks)}
        yield from (Outcome(prey=one) for one in alive if turn >= len(one.tasks))
        alive = []
        for result in execute((one.tasks[turn] for one in waiting.values()), promtool, jobs):
            one = waiting[id(result.task)]
            if result.failures:
                yield Outcome(prey=one, killed_by=result.task.case.name)
            else:
                alive.append(one)
        turn += 1


def subject_of(group: Group, rule: Rule) -> str:
    """The SLO or alert that a rule belongs to, as `service/name`."""
    if rule.is_alert and names.SLO_LABEL not in rule.labels:
        return f"{group.subject}/{rule.name.removesuffix(names.NO_DATA_SUFFIX)}"
    alert = rule.labels.get(names.ALERT_LABEL)
    return f"{group.subject}/{alert}" if rule.name == names.ALERT_VALUE else group.subject


def _by_subject(cases: Iterable[Case]) -> Mapping[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(case.subject, []).append(case)
    return found


def _task(case: Case, mutant: Mutant, groups: Mapping[str, Group], subject: str) -> Task:
    """The case on its groups, of which only the rules of the subject are loaded, with the mutant in its place."""
    changed = {**groups, mutant.group.name: mutant.mutated_group}
    return Task(case, tuple(_narrowed(changed[name], subject) for name in case.groups))


def _narrowed(group: Group, subject: str) -> Group:
    if not group.name.startswith(names.alert_group("")):
        return group
    return group._replace(rules=tuple(rule for rule in group.rules if subject_of(group, rule) == subject))
