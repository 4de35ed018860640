"""JUnit's XML, which most servers of continuous integration show: a suite for each file, a case for each finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from promgen.base.diagnostics import Diagnostic, Level
from promgen.lint.check import Check
from promgen.lint.formats.text import explanation, one_line

_NO_FILE = "project"


def render_junit(found: Sequence[Diagnostic], checks: Sequence[Check], texts: Mapping[str, str]) -> str:
    """XML with a suite for each of the files, those without findings too; errors and warnings are failures."""
    suites = ET.Element("testsuites", name="promgen lint")
    by_file: dict[str, list[Diagnostic]] = {path: [] for path in sorted({*texts, *map(_file, found)})}
    for diagnostic in found:
        by_file[_file(diagnostic)].append(diagnostic)
    for path, findings in by_file.items():
        suites.append(_suite(path, findings))
    _count(suites)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _file(diagnostic: Diagnostic) -> str:
    return _NO_FILE if diagnostic.span is None else diagnostic.span.file


def _suite(path: str, found: Sequence[Diagnostic]) -> ET.Element:
    suite = ET.Element("testsuite", name=one_line(path))
    names: Counter[str] = Counter()
    for diagnostic in found:
        name = one_line(f"{diagnostic.problem.slug} {diagnostic.subject}")
        names[name] += 1
        suite.append(_case(diagnostic, name if names[name] == 1 else f"{name} ({names[name]})"))
    if not found:
        suite.append(ET.Element("testcase", classname=one_line(path), name="no problems", time="0"))
    _count(suite)
    return suite


def _case(diagnostic: Diagnostic, name: str) -> ET.Element:
    """A case that fails, or passes with a note where nothing has to be done; servers want its name to be the only one."""
    path = one_line(_file(diagnostic))
    case = ET.Element("testcase", classname=path, name=name.strip(), time="0")
    text = f"{explanation(diagnostic)}\n{one_line(diagnostic.problem.why)}"
    if diagnostic.span is not None:
        case.attrib |= {"file": path, "line": str(diagnostic.span.line)}
        text = f"{path}:{diagnostic.span.line}:{diagnostic.span.column}\n{text}"
    if diagnostic.level is Level.INFO:
        ET.SubElement(case, "system-out").text = text
    else:
        failure = ET.SubElement(case, "failure", message=one_line(diagnostic.message))
        failure.attrib["type"] = diagnostic.level.value
        failure.text = text
    return case


def _count(owner: ET.Element) -> None:
    """Write what servers do not count themselves."""
    counts = {"tests": len([*owner.iter("testcase")]), "failures": len([*owner.iter("failure")])}
    owner.attrib |= {name: str(count) for name, count in counts.items()} | {"errors": "0", "time": "0"}
