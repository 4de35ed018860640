"""Documents to validated specifications: what pydantic finds wrong becomes diagnostics at the places in the file."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from promgen.base import problems
from promgen.base.conventions import API_VERSION
from promgen.base.diagnostics import Diagnostic, Diagnostics
from promgen.base.problems import Problem
from promgen.base.spans import Span
from promgen.compiler.source.nodes import Mapping, Node, Path, Scalar, Sequence, find, plain
from promgen.compiler.source.yamltext import Document
from promgen.compiler.spec.kinds import KINDS
from promgen.compiler.spec.prune import validate_rest
from promgen.compiler.spec.v1 import ProjectDocument
from promgen.compiler.spec.wire import Metadata, Wire

_BY_SLUG = {problem.slug: problem for problem in problems.PROBLEMS}
_WireType = TypeVar("_WireType", bound=Wire)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A document whose kind, name and system are known, and its body as written."""

    kind: str
    name: str
    system: str
    spec: Mapping
    name_span: Span

    @property
    def file(self) -> str:
        return self.spec.span.file


def read_envelope(document: Document, diagnostics: Diagnostics) -> Envelope | None:
    """The document's head; None when it is empty or wrong, the latter reported."""
    root = document.root
    if root is None or (isinstance(root, Scalar) and root.value is None):
        return None
    if not isinstance(root, Mapping):
        diagnostics.error(
            problems.WRONG_TYPE,
            "the document is not a mapping",
            document.span,
            allowed="apiVersion, kind, metadata, spec",
        )
        return None
    if not _check_head(root, KINDS, diagnostics):
        return None
    metadata = validate(root.get("metadata"), Metadata, diagnostics, owner=root.span, what="metadata")
    spec = root.get("spec")
    for key in root.entries.keys() - {"apiVersion", "kind", "metadata", "spec"}:
        _report_unknown_key(key, root.keys[key], ["apiVersion", "kind", "metadata", "spec"], diagnostics)
    if not isinstance(spec, Mapping):
        span = root.span if spec is None else spec.span
        diagnostics.error(
            problems.MISSING_KEY, "the document has no `spec`", _first_line(span), allowed="a mapping"
        )
        return None
    if metadata is None:
        return None
    return Envelope(
        kind=str(root.text("kind")),
        name=metadata.name,
        system=metadata.system or "",
        spec=spec,
        name_span=find(root, ("metadata", "name"))[0].span,
    )


def read_project(document: Document, diagnostics: Diagnostics) -> ProjectDocument | None:
    """promgen.yaml; None when it is wrong, which is reported."""
    if isinstance(document.root, Mapping) and not _check_head(document.root, ["Project"], diagnostics):
        return None
    return validate(document.root, ProjectDocument, diagnostics, owner=document.span, what="promgen.yaml")


def validate(
    node: Node | None, wire: type[_WireType], diagnostics: Diagnostics, *, owner: Span, what: str
) -> _WireType | None:
    """The node as a `wire` object; None when it does not fit, with one diagnostic for each thing that is wrong."""
    if node is None:
        diagnostics.error(problems.MISSING_KEY, f"`{what}` is missing", _first_line(owner))
        return None
    try:
        return wire.model_validate(plain(node))
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _report(detail, node, wire, diagnostics)
        return None


def validate_leniently(
    node: Node, wire: type[_WireType], diagnostics: Diagnostics, *, owner: Span, what: str
) -> tuple[_WireType | None, bool]:
    """As `validate`, but with what remains when wrong parts are left out; and whether nothing was."""
    spec = validate(node, wire, diagnostics, owner=owner, what=what)
    return (spec, True) if spec is not None else (validate_rest(plain(node), wire), False)


_LISTED = 20
"""How many known words a message lists; a project has thousands of some."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The `allowed` part of a message: the nearest known word, or all of them unless they are many."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    more = f" and {len(words) - _LISTED} more" if len(words) > _LISTED else ""
    return "one of " + ", ".join(words[:_LISTED]) + more if words else "nothing is defined"


def _check_head(root: Mapping, kinds: Collection[str], diagnostics: Diagnostics) -> bool:
    version, kind = root.text("apiVersion"), root.text("kind")
    if version != API_VERSION:
        span = find(root, ("apiVersion",))[0].span if "apiVersion" in root.entries else _first_line(root.span)
        wrong = f"apiVersion `{version}`" if version else "no apiVersion"
        diagnostics.error(problems.API_VERSION, wrong, span, allowed=f"apiVersion: {API_VERSION}")
        return False
    if kind not in kinds:
        span = find(root, ("kind",))[0].span if "kind" in root.entries else _first_line(root.span)
        wrong = f"kind `{kind}` is unknown" if kind else "no kind"
        diagnostics.error(problems.UNKNOWN_KIND, wrong, span, allowed=nearest(kind or "", kinds))
        return False
    return True


def _report(detail: Any, root: Node, wire: type[Wire], diagnostics: Diagnostics) -> None:
    path: Path = detail["loc"]
    node, key = find(root, path)
    kind, context = detail["type"], detail.get("ctx") or {}
    last = str(path[-1]) if path else ""
    if (reference := _secret_at(wire, path)) is not None:
        diagnostics.add(_secret(reference, key))
    elif kind == "promgen":
        diagnostics.error(_BY_SLUG[context["slug"]], context["message"], node.span)
    elif kind == "extra_forbidden":
        _report_unknown_key(last, key, _known_keys(wire, path[:-1], root), diagnostics)
    elif kind == "missing":
        diagnostics.error(problems.MISSING_KEY, f"`{last}` is missing", _first_line(node.span))
    elif kind == "literal_error":
        message = f"`{_shown(node)}` is not allowed here"
        diagnostics.error(
            problems.BAD_VALUE, message, node.span, allowed=context["expected"].replace("'", "`")
        )
    else:
        problem, message = _problem_of(kind, detail["msg"], node)
        diagnostics.error(problem, message, node.span)


def _secret_at(wire: type[Wire], path: Path) -> type[Wire] | None:
    """The class of the reference to a secret that a path leads into."""
    current: Any = wire
    for step in path:
        current = _step(current, step)
        if isinstance(current, type) and issubclass(current, Wire) and current.refers_to_secret:
            return current
    return None


def _secret(reference: type[Wire], span: Span) -> Diagnostic:
    """What stands there may be the secret itself: it is not repeated."""
    message = "a secret is written as the place where it is found, and never as itself"
    allowed = "a mapping with " + " or ".join(f"`{key}`" for key in _aliases(reference))
    return Diagnostic(problem=problems.SECRET, message=message, span=span, allowed=allowed, is_secret=True)


_SPOKEN_TYPES = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "decimal_type": "a number",
    "date_type": "a date such as 2026-12-31",
}


def _problem_of(kind: str, message: str, node: Node) -> tuple[Problem, str]:
    if kind in _SPOKEN_TYPES:
        hint = (
            "; quote it"
            if kind == "string_type" and isinstance(node, Scalar) and node.value is not None
            else ""
        )
        found = f"`{_shown(node)}`" if isinstance(node, Scalar) else _shown(node)
        return problems.WRONG_TYPE, f"{found} is not {_SPOKEN_TYPES[kind]}{hint}"
    return problems.BAD_VALUE, f"`{_shown(node)}`: {message[:1].lower()}{message[1:]}"


def _report_unknown_key(key: str, span: Span, known: Iterable[str], diagnostics: Diagnostics) -> None:
    diagnostics.error(problems.UNKNOWN_KEY, f"unknown key `{key}`", span, allowed=nearest(key, known))


def _known_keys(wire: type[Wire], path: Path, root: Node) -> list[str]:
    """The keys allowed where a path leads, found by following the types along it."""
    current: Any = wire
    for step in path:
        current = _step(current, step)
    return _aliases(current) if isinstance(current, type) and issubclass(current, Wire) else []


def _aliases(wire: type[Wire]) -> list[str]:
    return [field.alias or name for name, field in wire.model_fields.items()]


def _step(current: Any, step: str | int) -> Any:
    if isinstance(current, type) and issubclass(current, Wire):
        for name, field in current.model_fields.items():
            if step == (field.alias or name):
                return _inner_wire(field.annotation)
    return current


def _inner_wire(annotation: Any) -> Any:
    """The Wire class inside of an annotation such as `list[SloSpec] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, Wire):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _inner_wire(argument)) is not None:
            return found
    return None


def _shown(node: Node) -> str:
    if isinstance(node, Scalar):
        return (
            "null"
            if node.value is None
            else str(node.value).lower()
            if isinstance(node.value, bool)
            else str(node.value)
        )
    return "a list" if isinstance(node, Sequence) else "a mapping"


def _first_line(span: Span) -> Span:
    """The beginning of a long stretch, where a caret does not underline a whole document."""
    return (
        span if span.line == span.end_line else span._replace(end_line=span.line, end_column=span.column + 1)
    )
