"""Reads rule files as strictly as Prometheus does, and keeps the place of every field.

A field that any ruler knows is read; whether the target's own ruler does is a check's business.

A file holds Prometheus' own format, or PrometheusRule objects of Kubernetes among other objects. Whatever can be read is
returned beside the diagnostics, so that one mistake hides no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from promgen.base.diagnostics import Diagnostics, Related
from promgen.base.durations import Duration
from promgen.base.spans import Span
from promgen.compiler.source.nodes import Mapping, Node, Scalar, Sequence, plain
from promgen.lint import problems
from promgen.lint.dialects import GROUP_FIELDS, RULE_FIELDS, takes_utf8_names
from promgen.lint.documents import extent, read_documents
from promgen.lint.expression import read_expression
from promgen.lint.fields import Fields, first_line
from promgen.lint.rules import File, FileKind, Group, Rule
from promgen.model.catalog import Target

OBJECT: Final = "PrometheusRule"
OLDEST: Final = Target()

_LISTS = frozenset({"List", "PrometheusRuleList"})
_ALERTS_ONLY = ("for", "keep_firing_for", "annotations")

_METRIC = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMES = "letters, digits and underscores, no digit first"
_GROUPS = re.compile(r"""^[\s{-]*["']?groups["']?\s*:""", re.MULTILINE)
_TOP_LEVEL = re.compile(r"""^["']?groups["']?\s*:""", re.MULTILINE)


def read_rule_file(text: str, path: str, diagnostics: Diagnostics, target: Target = OLDEST) -> list[File]:
    """The rule files in a text, one for each PrometheusRule; what Prometheus would refuse is reported."""
    lines = tuple(text.split("\n"))
    files = []
    first: Mapping | None = None
    for document in read_documents(text, path, diagnostics):
        root = document.root
        if isinstance(root, Mapping) and "kind" in root.entries and "apiVersion" in root.entries:
            reader = _Reader(OBJECT, Fields(lines, diagnostics, converts=False), target)
            files += [reader.file(spec, path) for spec in _specs(root, reader.fields)]
        elif isinstance(root, Mapping):
            if first is not None and target.dialect != "victoriametrics":
                _report_second(root, first, diagnostics)
            first = first or root
            files.append(_Reader("rules", Fields(lines, diagnostics, converts=True), target).file(root, path))
        elif root is not None and not (isinstance(root, Scalar) and root.value is None):
            Fields(lines, diagnostics, converts=True).wrong_type(
                root, "a rule file", "a mapping with `groups`"
            )
    return files


def has_groups(text: str) -> bool:
    """Whether a text may hold rules, for files that nobody called rule files: one that cannot be read may."""
    if not _GROUPS.search(text):
        return False
    if _TOP_LEVEL.search(text) or OBJECT in text:
        return True
    found = Diagnostics()
    roots = [document.root for document in read_documents(text, "", found)]
    return found.has_errors or any(isinstance(root, Mapping) and "groups" in root.entries for root in roots)


def _report_second(root: Mapping, first: Mapping, diagnostics: Diagnostics) -> None:
    related = [Related(span=first_line(first.span), text="Prometheus reads only this one")]
    message = "a second document of rules"
    diagnostics.error(problems.IGNORED_DOCUMENT, message, first_line(root.span), related=related)


def _specs(root: Mapping, fields: Fields) -> Iterator[Mapping]:
    """What the PrometheusRules in an object of Kubernetes say; other objects are none of promgen's business."""
    if root.text("kind") == OBJECT:
        spec = root.get("spec")
        if isinstance(spec, Mapping):
            yield spec
        elif spec is not None:
            fields.wrong_type(spec, "`spec`", "a mapping with `groups`")
    elif root.text("kind") in _LISTS:
        items = root.get("items")
        for item in items.items if isinstance(items, Sequence) else ():
            if isinstance(item, Mapping):
                yield from _specs(item, fields)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one file or object."""

    kind: FileKind
    fields: Fields
    target: Target

    def file(self, root: Mapping, path: str) -> File:
        self.fields.check_known(root, ("groups",), "a rule file")
        names: dict[str, Span] = {}
        groups = [self.group(node, names) for node in self.fields.items(root, "groups")]
        return File(path=path, kind=self.kind, groups=tuple(group for group in groups if group is not None))

    def group(self, node: Node, names: dict[str, Span]) -> Group | None:
        fields = self.fields
        if not isinstance(node, Mapping):
            fields.wrong_type(node, "a group", "a mapping with `name` and `rules`")
            return None
        fields.check_known(node, GROUP_FIELDS, "a group")
        name = fields.text_of(node, "name") or ""
        self.check_group_name(node, name, names)
        fields.duration(node, "query_offset")
        fields.number(node, "limit")
        self.check_names(fields.texts(node, "labels"), node, "labels")
        rules = [self.rule(item, name) for item in fields.items(node, "rules")]
        return Group(
            name=name,
            rules=tuple(rule for rule in rules if rule is not None),
            interval=fields.duration(node, "interval"),
            fields=plain(node.without("name", "interval", "rules")),
            places={"": extent(node), **{key: fields.place(child) for key, child in node.entries.items()}},
        )

    def check_group_name(self, node: Mapping, name: str, names: dict[str, Span]) -> None:
        span = node.entries["name"].span if "name" in node.entries else first_line(node.span)
        if not name:
            self.fields.diagnostics.error(problems.GROUP_NAME, "the group has no name", span)
        elif name in names:
            related = [Related(span=names[name], text="first defined here")]
            message = f"group `{name}` is defined twice in the file"
            self.fields.diagnostics.error(problems.GROUP_NAME, message, span, related=related)
        names.setdefault(name, span)

    def rule(self, node: Node, group: str) -> Rule | None:
        """The rule; None where it is none, which is reported unless it is empty, as Prometheus drops that."""
        fields = self.fields
        if not isinstance(node, Mapping):
            if not isinstance(node, Scalar) or node.value is not None:
                fields.wrong_type(node, "a rule", "a mapping with `alert` or `record`")
            return None
        fields.check_known(node, RULE_FIELDS, "a rule")
        expr = fields.text_of(node, "expr") or ""
        expression = read_expression(node, expr, fields)
        kind, name = self.kind_and_name(node)
        hold, keep_firing_for = fields.duration(node, "for"), fields.duration(node, "keep_firing_for")
        labels, annotations = fields.texts(node, "labels"), fields.texts(node, "annotations")
        self.check_names(labels, node, "labels")
        self.check_names(annotations, node, "annotations")
        if kind is None:
            return None
        if kind == "record":
            self.check_recording(node, name, hold, keep_firing_for)
        return Rule(
            kind=kind,
            name=name,
            expr=expr,
            expression=expression,
            labels=labels,
            annotations=annotations,
            hold=hold,
            keep_firing_for=keep_firing_for,
            places=self.places(node, kind),
            subject=f"{group}/{name}",
        )

    def kind_and_name(self, node: Mapping) -> tuple[Literal["alert", "record"] | None, str]:
        """What a rule does; one that says both is taken for an alert."""
        alert, record = self.fields.text_of(node, "alert"), self.fields.text_of(node, "record")
        if alert and record:
            message, span = "the rule has both `alert` and `record`", node.entries["record"].span
            self.fields.diagnostics.error(problems.RULE_KIND, message, span, allowed="one of them")
        if alert:
            return "alert", alert
        if record:
            return "record", record
        written = (node.get("alert"), node.get("record"))
        if all(one is None or isinstance(one, Scalar) for one in written):
            message, span = "the rule has neither `alert` nor `record`", first_line(node.span)
            self.fields.diagnostics.error(problems.RULE_KIND, message, span, allowed="one of them")
        return None, ""

    def check_recording(
        self, node: Mapping, name: str, hold: Duration | None, keep_firing_for: Duration | None
    ) -> None:
        times = {"for": hold, "keep_firing_for": keep_firing_for}
        for key in _ALERTS_ONLY:
            written, time = node.entries.get(key), times.get(key)
            if (time is not None and time.ms) or (isinstance(written, Mapping) and written.entries):
                message = f"the recording rule `{name}` has `{key}`"
                self.fields.diagnostics.error(problems.RULE_RECORDING, message, node.keys[key])
        if not _METRIC.fullmatch(name) and self.refuses_utf8:
            message, span = f"`{name}` is not a name of a metric", node.entries["record"].span
            self.fields.diagnostics.error(
                problems.RULE_NAME, message, span, allowed=_NAMES.replace(" and", ", colons and")
            )

    @property
    def refuses_utf8(self) -> bool:
        return not takes_utf8_names(self.target.dialect, self.target.prometheus)

    def check_names(self, texts: dict[str, str], node: Mapping, part: str) -> None:
        spoken = "a label" if part == "labels" else "an annotation"
        owner = node.get(part)
        keys = owner.keys if isinstance(owner, Mapping) else {}
        for name in texts:
            is_reserved = part == "labels" and name == "__name__"
            if not name or is_reserved or (self.refuses_utf8 and not _LABEL.fullmatch(name)):
                message, span = f"`{name}` is not a name of {spoken}", keys[name]
                self.fields.diagnostics.error(problems.RULE_NAME, message, span, allowed=_NAMES)

    def places(self, node: Mapping, kind: str) -> dict[str, Span]:
        places = {"": extent(node)}
        for key, child in node.entries.items():
            places["name" if key == kind else key] = self.fields.place(child)
            if key in {"labels", "annotations"} and isinstance(child, Mapping):
                places |= {f"{key}/{name}": self.fields.place(value) for name, value in child.entries.items()}
        return places
