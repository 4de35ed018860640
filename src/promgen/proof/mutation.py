"""Hunts mutants: each is run against the proof cases of its subject, the quickest first, until one of them fails."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from promgen.base import conventions as names
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.model.catalog import EVALUATION_INTERVAL, Target
from promgen.proof.equivalents import equivalence
from promgen.proof.execute import Task, execute, task_of
from promgen.proof.mutants import Mutant, mutants_of
from promgen.proof.project import Proof, Subject
from promgen.proof.promtool import Promtool

_SEED = 0
_WAITS = ("for", "keep_firing_for")
"""Operators that move something by one evaluation."""

Status = Literal["killed", "equivalent", "unseen", "survived"]


class Prey(NamedTuple):
    """A mutant of one subject, and the cases that may notice it, quickest first."""

    subject: Subject
    mutant: Mutant
    tasks: tuple[Task, ...]

    @property
    def rule(self) -> Rule:
        """The rule as it was."""
        return self.mutant.group.rules[self.mutant.place]


class Fate(NamedTuple):
    """What became of a mutant; `why` is the case that killed it, or why nothing can, or empty.

    Equivalent is one that changes nothing, unseen one that promtool cannot look at closely enough.
    """

    prey: Prey
    status: Status
    why: str = ""


def find_prey(
    rule_files: Iterable[RuleFile], proofs: Iterable[Proof], target: Target, promtool: Promtool
) -> Iterator[Prey]:
    """Every mutant of the subjects that the proofs are of, with those of their cases that promtool is new enough for."""
    subjects: dict[tuple[str, str], tuple[Subject, list[Task]]] = {}
    for proof in proofs:
        _, tasks = subjects.setdefault((proof.subject.rules, proof.subject.key), (proof.subject, []))
        if proof.task is not None and proof.task.case.since <= promtool.release:
            tasks.append(_narrowed_task(proof.task, proof.subject.key))
    for file in rule_files:
        for group in file.groups:
            for key in dict.fromkeys(subject_of(group, rule) for rule in group.rules):
                if (file.path, key) in subjects:
                    subject, tasks = subjects[file.path, key]
                    yield from _prey(subject, tasks, _narrowed(group, key), target)


def sample(prey: Sequence[Prey], size: int | None) -> list[Prey]:
    """So many of them, always the same ones; all where no size is given."""
    if size is None or size >= len(prey):
        return list(prey)
    return [prey[place] for place in sorted(random.Random(_SEED).sample(range(len(prey)), size))]


def hunt(prey: Iterable[Prey], promtool: Promtool, jobs: int | None = None) -> Iterator[Fate]:
    """What becomes of each mutant, as it becomes known. Raise OutsideError when promtool cannot be started."""
    alive = list(prey)
    turn = 0
    while alive:
        waiting = {id(one.tasks[turn]): one for one in alive if turn < len(one.tasks)}
        yield from map(_unnoticed, (one for one in alive if turn >= len(one.tasks)))
        alive = []
        for result in execute((one.tasks[turn] for one in waiting.values()), promtool, jobs):
            one = waiting[id(result.task)]
            if result.failures:
                yield Fate(one, "killed", result.task.case.name)
            else:
                alive.append(one)
        turn += 1


def subject_of(group: Group, rule: Rule) -> str:
    """The SLO or alert that a rule belongs to, as `service/name`."""
    if rule.is_alert and names.SLO_LABEL not in rule.labels:
        return f"{group.subject}/{rule.name.removesuffix(names.NO_DATA_SUFFIX)}"
    alert = rule.labels.get(names.ALERT_LABEL)
    return f"{group.subject}/{alert}" if rule.name == names.ALERT_VALUE else group.subject


def _prey(subject: Subject, tasks: Iterable[Task], group: Group, target: Target) -> Iterator[Prey]:
    """The mutants of one group's rules of a subject."""
    able = [task for task in tasks if group.name in task.case.groups]
    able.sort(key=lambda task: task.cost)
    for mutant in mutants_of(group, target):
        name = group.rules[mutant.place].name
        seeing = (task for task in able if not task.case.rules or name in task.case.rules)
        yield Prey(subject, mutant, tuple(_with(task, mutant) for task in seeing))


def _with(task: Task, mutant: Mutant) -> Task:
    changed = mutant.mutated_group
    return task_of(task.case, (changed if group.name == changed.name else group for group in task.groups))


def _narrowed_task(task: Task, subject: str) -> Task:
    """The same without the rules of others in its groups of alerts, which would only cost time."""
    return task._replace(groups=tuple(_narrowed(group, subject) for group in task.groups))


def _narrowed(group: Group, subject: str) -> Group:
    rules = tuple(rule for rule in group.rules if subject_of(group, rule) == subject)
    return group._replace(rules=rules) if rules else group


def _unnoticed(prey: Prey) -> Fate:
    if not prey.tasks:
        return Fate(prey, "survived", "no case of it can be executed with this promtool")
    if reason := equivalence(prey.mutant):
        return Fate(prey, "equivalent", reason)
    step = min(task.case.step for task in prey.tasks)
    if prey.mutant.operator in _WAITS and step > EVALUATION_INTERVAL:
        return Fate(prey, "unseen", f"it looks so far back that its cases are evaluated every {step} only")
    return Fate(prey, "survived")
