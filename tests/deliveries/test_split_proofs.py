"""Rules in parts still do what is proved of the whole: the project's own proof tests run on the parts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from promgen.compiler.ir.proofs import Case
from promgen.compiler.ir.rules import RuleFile
from promgen.compiler.lower.split import split_group
from tests.compiler.projects import compile_files, output_of, service
from tests.proofs.executed import refusals
from tests.real import Install

LIMIT = 5
SLOS = """\
slos:
  - name: availability
    objective: 99%
    window: 7d
    sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}
  - name: latency
    objective: 95%
    window: 7d
    sli: {latency: {histogram: seconds, below: 500 ms}}
"""
ALERT = """\
alerts:
  - {name: QueueLong, expr: queue_length, unit: count, above: {low: 10, medium: 50, high: 100, critical: 1000}, for: 5m}
  - {name: DiskFull, expr: disk_used, unit: ratio, above: {medium: 80%, high: 90%}}
"""


def in_parts(file: RuleFile, cases: Iterable[Case]) -> tuple[RuleFile, list[Case]]:
    """The file with split groups, and the cases for these."""
    parts = {group.name: split_group(group, LIMIT) for group in file.groups}
    split = file._replace(groups=tuple(part for group in file.groups for part in parts[group.name]))
    assert len(split.groups) > len(file.groups)
    return split, [
        case._replace(groups=tuple(part.name for name in case.groups for part in parts[name]))
        for case in cases
    ]


@pytest.mark.parametrize("body", [SLOS, ALERT], ids=["slos", "alerts"])
def test_parts_pass_the_proofs_of_the_whole(body: str, install: Install, tmp_path: Path) -> None:
    output = output_of(compile_files(tmp_path, {"shop.yaml": service(body, name="shop")}))
    (file,), (proof,) = output.rule_files, output.proofs
    split, cases = in_parts(file, proof.cases)
    assert refusals(install, split, cases) == []


def test_parts_in_the_wrong_order_do_not(install: Install, tmp_path: Path) -> None:
    """So the test above can fail: readers before what they read see the values of an evaluation before."""
    output = output_of(compile_files(tmp_path, {"shop.yaml": service(SLOS, name="shop")}))
    (file,), (proof,) = output.rule_files, output.proofs
    split, cases = in_parts(file, proof.cases)
    reversed_cases = [case._replace(groups=case.groups[::-1]) for case in cases]
    assert refusals(install, split, reversed_cases)
