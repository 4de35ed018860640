"""Typed reading of a rule file's fields: a value of another type is reported once, and read as nothing."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from promgen.base.diagnostics import Diagnostics
from promgen.base.durations import Duration
from promgen.base.spans import Span
from promgen.compiler.source.nodes import Mapping, Node, Scalar, Sequence
from promgen.compiler.source.places import locate
from promgen.compiler.spec.read import nearest
from promgen.lint import problems
from promgen.lint.documents import extent

_DURATION = re.compile(r"0|(?=.)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one file."""

    lines: tuple[str, ...]
    """The text, by lines."""
    diagnostics: Diagnostics
    converts: bool
    """Whether numbers and booleans are read as texts, as Prometheus does and Kubernetes does not."""

    def duration(self, node: Mapping, key: str) -> Duration | None:
        """A duration; 0 is one."""
        if (written := _written(node, key)) is None:
            return None
        text = self.text_of(node, key)
        if text is None:
            return None
        if not _DURATION.fullmatch(text):
            message = f"`{key}`: `{text}` is not a duration of Prometheus"
            self.diagnostics.error(problems.RULE_DURATION, message, written.span, allowed="such as 1h30m")
            return None
        return Duration(0) if text == "0" else Duration.parse(text)

    def number(self, node: Mapping, key: str) -> None:
        """Report what is no whole number."""
        written = _written(node, key)
        if written is not None and not (isinstance(written, Scalar) and type(written.value) is int):
            self.wrong_type(written, f"`{key}`", "a whole number")

    def texts(self, node: Mapping, key: str) -> dict[str, str]:
        """A mapping of texts, without the values that are none."""
        written = _written(node, key)
        if isinstance(written, Mapping):
            values = {name: self.text_of(written, name) for name in written.entries}
            return {name: value for name, value in values.items() if value is not None}
        if written is not None:
            self.wrong_type(written, f"`{key}`", "a mapping of texts")
        return {}

    def text_of(self, node: Mapping, key: str) -> str | None:
        """A value as text; None where there is none or it is no text, the latter reported."""
        written = node.entries.get(key)
        if written is None:
            return None
        if isinstance(written, Scalar) and isinstance(written.value, str):
            return written.value
        is_number = isinstance(written, Scalar) and type(written.value) is int
        if not isinstance(written, Scalar) or not (self.converts or (key == "expr" and is_number)):
            self.wrong_type(written, f"`{key}`", "text; quote it" if isinstance(written, Scalar) else "text")
            return None
        return "" if written.value is None else self.source_of(written)

    def source_of(self, scalar: Scalar) -> str:
        """A number or boolean as it is written, which is how Prometheus reads it where a text belongs."""
        span = scalar.span
        return self.line(span.line)[span.column - 1 : span.end_column - 1]

    def items(self, node: Mapping, key: str) -> tuple[Node, ...]:
        """The entries of a list."""
        written = _written(node, key)
        if isinstance(written, Sequence):
            return written.items
        if written is not None:
            self.wrong_type(written, f"`{key}`", "a list")
        return ()

    def check_known(self, node: Mapping, known: Collection[str], owner: str) -> None:
        """Report keys that are no fields of the owner."""
        for key, span in node.keys.items():
            if key not in known:
                message = f"{owner} has no field `{key}`"
                self.diagnostics.error(problems.RULE_FIELD, message, span, allowed=nearest(key, known))

    def wrong_type(self, node: Node, what: str, wanted: str) -> None:
        self.diagnostics.error(
            problems.RULE_TYPE, f"{what} is {_spoken(node)}", first_line(node.span), allowed=wanted
        )

    def place(self, node: Node) -> Span:
        """Where a value is; of a block of text, its first line to its last."""
        if not isinstance(node, Scalar):
            return extent(node)
        if node.style not in {"|", ">"}:
            return node.span
        span = node.span
        last = max(span.line + 1, span.end_line - (span.end_column == 1))
        written = [number for number in range(span.line + 1, last + 1) if self.line(number).strip()]
        if not written:
            return span
        first, end = self.line(written[0]), len(self.line(written[-1])) + 1
        return Span(span.file, written[0], len(first) - len(first.lstrip()) + 1, written[-1], end)

    def line(self, number: int) -> str:
        return self.lines[number - 1] if number <= len(self.lines) else ""

    def inside(self, scalar: Scalar, start: int, length: int) -> Span:
        """The place of a part of a value."""
        above = scalar.span.line - 1
        lines = self.lines[above : scalar.span.end_line]
        moved = scalar.span._replace(line=1, end_line=len(lines))
        found = locate("\n".join(lines), scalar._replace(span=moved), start, length)
        return found._replace(line=found.line + above, end_line=found.end_line + above)


def _written(node: Mapping, key: str) -> Node | None:
    """A value; None where there is none, or an empty one, which counts as none everywhere."""
    found = node.entries.get(key)
    return None if isinstance(found, Scalar) and found.value is None else found


def _spoken(node: Node) -> str:
    if isinstance(node, Scalar):
        return "empty" if node.value is None else f"`{str(node.value)[:60]}`"
    return "a list" if isinstance(node, Sequence) else "a mapping"


def first_line(span: Span) -> Span:
    """The beginning of a long stretch, where a caret does not underline a whole document."""
    if span.line == span.end_line:
        return span
    return span._replace(end_line=span.line, end_column=span.column + 1)
