"""Outcomes of proof tests as a JUnit file: one suite for each SLO or alert in an environment, one case for each proof."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree

from promgen.proof.execute import Failure
from promgen.proof.project import Outcome

_REFUSED = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""


def print_junit(outcomes: Iterable[Outcome], version: str) -> bytes:
    """The file; outcomes in the same order give the same bytes."""
    root = ElementTree.Element("testsuites", name=f"promgen test (promtool {version})")
    totals = {"tests": 0, "failures": 0, "skipped": 0}
    for subject, group in groupby(outcomes, lambda outcome: outcome.proof.subject):
        found = list(group)
        environment = f" ({subject.environment})" if subject.environment else ""
        counts = {
            "tests": len(found),
            "failures": sum(outcome.status == "failed" for outcome in found),
            "skipped": sum(outcome.status == "unproved" for outcome in found),
        }
        suite = ElementTree.SubElement(
            root, "testsuite", {"name": subject.key + environment, **_texts(counts)}
        )
        suite.extend(map(_case, found))
        totals = {name: totals[name] + count for name, count in counts.items()}
    root.attrib.update(_texts(totals))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def said(failure: Failure) -> list[tuple[str, str]]:
    """A failure in words: what was asked, what was expected, and what was answered instead."""
    if not failure.asked:
        return [("promtool", failure.error)]
    asked = ("asked", f"at {failure.at}: {failure.asked}")
    if failure.error:
        return [asked, ("error", failure.error)]
    return [asked, ("expected", failure.expected), ("got", failure.got)]


def _case(outcome: Outcome) -> ElementTree.Element:
    proof = outcome.proof
    case = ElementTree.Element(
        "testcase",
        classname=_clean(proof.subject.key),
        name=_clean(proof.name),
        file=_clean(proof.place.file),
        line=str(proof.place.line),
    )
    if outcome.failures:
        notes = [note for failure in outcome.failures for note in said(failure)]
        text = _clean("\n".join(f"{name}: {words}" for name, words in notes))
        first = text.partition("\n")[0]
        ElementTree.SubElement(case, "failure", message=first).text = text
    if outcome.status == "unproved":
        ElementTree.SubElement(case, "skipped", message=_clean(proof.reason))
    return case


def _texts(counts: dict[str, int]) -> dict[str, str]:
    return {name: str(count) for name, count in counts.items()}


def _clean(text: str) -> str:
    return _REFUSED.sub("�", text)
