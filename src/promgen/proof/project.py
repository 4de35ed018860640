"""The proof tests of a project: which there are, on which groups they run, where they come from, and how they ended."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from promgen.base.spans import Span
from promgen.base.versions import dotted
from promgen.compiler.ir.proofs import Proofs
from promgen.compiler.ir.rules import Group, RuleFile
from promgen.compiler.resolve.catalog import Resolved
from promgen.compiler.resolve.common import output_path
from promgen.model.alert import Alert
from promgen.model.slo import Slo
from promgen.proof.execute import Failure, Task, execute, task_of
from promgen.proof.promtool import Promtool

Status = Literal["passed", "failed", "unproved"]


class Subject(NamedTuple):
    """An SLO or an alert in one environment; `place` is its name in the specification."""

    key: str
    environment: str
    place: Span
    source: str
    """The specification."""
    rules: str
    """The file of rules, below their folder and without a suffix."""


class Proof(NamedTuple):
    """One case, or, without a task, something that cannot be shown, for a reason."""

    subject: Subject
    name: str
    place: Span
    """Of a case that a user wrote, its entry; otherwise the name of the subject."""
    task: Task | None = None
    reason: str = ""


class Outcome(NamedTuple):
    """How a proof ended."""

    proof: Proof
    status: Status
    failures: tuple[Failure, ...] = ()

    @property
    def sort_key(self) -> tuple[str, str, str, Span, str]:
        subject = self.proof.subject
        return subject.source, subject.key, subject.environment, self.proof.place, self.proof.name


def find_proofs(
    resolved: Resolved, proofs: Iterable[Proofs], rule_files: Sequence[RuleFile], inputs: Sequence[str]
) -> Iterator[Proof]:
    """Every proof of a project, with its place and its groups; `inputs` are the folders of specifications."""
    owners = _Owners(resolved, inputs)
    groups = _groups(rule_files, owners.environments)
    for of_file in proofs:
        found = ChainMap(groups[of_file.path], groups[_everywhere(owners.environments[of_file.path])])
        for case in of_file.cases:
            subject, owner = owners.subject(of_file, case.subject)
            task = task_of(case, (found[name] for name in case.groups))
            yield Proof(subject, case.name, owners.place(owner, case.origin), task)
        for unproved in of_file.unproved:
            subject, owner = owners.subject(of_file, unproved.subject)
            written = next((f"tests/{test.place}" for test in owner.tests if test.name == unproved.what), "")
            yield Proof(subject, unproved.what, owners.place(owner, written), reason=unproved.reason)


def prove(proofs: Iterable[Proof], promtool: Promtool, jobs: int | None = None) -> Iterator[Outcome]:
    """The outcomes as they come in; a case that this promtool is too old for is not proved, and counted apart."""
    running: dict[int, Proof] = {}
    for proof in proofs:
        if proof.task is None:
            yield Outcome(proof, "unproved")
        elif proof.task.case.since > promtool.release:
            needed = dotted(proof.task.case.since)
            reason = f"needs the promtool of Prometheus {needed}; this one is {promtool.version}"
            yield Outcome(proof._replace(reason=reason), "unproved")
        else:
            running[id(proof.task)] = proof
    tasks = [proof.task for proof in running.values() if proof.task is not None]
    for result in execute(tasks, promtool, jobs):
        yield Outcome(running[id(result.task)], "failed" if result.failures else "passed", result.failures)


@dataclass(init=False, slots=True)
class _Owners:
    """The SLOs and alerts by the file their rules are in and their key."""

    resolved: Resolved
    environments: dict[str, str]
    """By the file of rules."""
    _owners: dict[tuple[str, str], Slo | Alert]

    def __init__(self, resolved: Resolved, inputs: Sequence[str]) -> None:
        self.resolved = resolved
        self.environments = {}
        self._owners = {}
        owners: list[Slo | Alert] = [*resolved.catalog.alerts, *resolved.catalog.slos]
        for owner in owners:
            path = output_path(owner.origin, inputs, owner.environment)
            self.environments[path] = owner.environment
            self._owners[path, owner.key] = owner

    def subject(self, file: Proofs, key: str) -> tuple[Subject, Slo | Alert]:
        owner = self._owners[file.path, key]
        place = self._span(owner, "name")
        return Subject(key, owner.environment, place, file.source, file.path), owner

    def place(self, owner: Slo | Alert, origin: str) -> Span:
        kind, _, index = origin.partition("/")
        return self._span(owner, kind, int(index)) if kind == "tests" else self._span(owner, "name")

    def _span(self, owner: Slo | Alert, *path: str | int) -> Span:
        return self.resolved.span("slo" if isinstance(owner, Slo) else "alert", owner, *path)


def _groups(rule_files: Iterable[RuleFile], environments: Mapping[str, str]) -> dict[str, dict[str, Group]]:
    """Groups by name: of each file of rules, and of each environment for what reads rules of other files."""
    found: dict[str, dict[str, Group]] = {}
    for file in rule_files:
        for group in file.groups:
            found.setdefault(file.path, {})[group.name] = group
            found.setdefault(_everywhere(environments[file.path]), {}).setdefault(group.name, group)
    return found


def _everywhere(environment: str) -> str:
    """A key that no file has."""
    return f"{environment}/"
