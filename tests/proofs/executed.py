"""Proof cases on the real promtool, with the rules as compiled or changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from promgen.compiler.generate.prometheus import print_rule_file
from promgen.compiler.generate.promtool import print_tests
from promgen.compiler.ir.proofs import Case
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from tests.real import Install, PromtoolError, test_rules

ChangeRule = Callable[[Rule], Iterable[Rule]]
"""What stands in the place of a rule: itself, others, or nothing."""


def changed(file: RuleFile, change: ChangeRule) -> RuleFile:
    """The file with other rules."""
    return file._replace(groups=tuple(_changed(group, change) for group in file.groups))


def _changed(group: Group, change: ChangeRule) -> Group:
    return group._replace(rules=tuple(new for rule in group.rules for new in change(rule)))


def refusals(install: Install, folder: Path, file: RuleFile, cases: Iterable[Case]) -> str:
    """What promtool prints about cases that fail; empty when all pass."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rules.yaml").write_bytes(print_rule_file(file))
    chosen = [case for case in cases if install.release >= case.since]
    assert chosen
    printed = ""
    for number, step in enumerate(sorted({case.step for case in chosen})):
        path = folder / f"{number}.test.yaml"
        path.write_bytes(print_tests(chosen, ["rules.yaml"], step))
        try:
            test_rules(install, path)
        except PromtoolError as refusal:
            printed += str(refusal)
    return printed
