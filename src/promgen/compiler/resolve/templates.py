"""Templates: parameters replace whole values, as data, so that no text of a parameter is ever read as something else."""

from __future__ import annotations

import re
from collections.abc import Callable

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.base.durations import Duration
from promgen.base.quantities import parse_quantity, parse_ratio
from promgen.compiler.resolve.index import Entry, Index
from promgen.compiler.source.nodes import Mapping, Node, Scalar, Sequence, find
from promgen.compiler.spec import v1
from promgen.compiler.spec.read import nearest

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z][A-Za-z0-9]*)\}")


def expand(node: Mapping, part: str, index: Index, diagnostics: Diagnostics) -> Mapping | None:
    """An SLO or alert (`part`) with its template below it; as it is without one; None when it cannot be expanded."""
    name = node.text("uses")
    if name is None:
        return node
    entry = index.templates.get(name)
    body = entry.envelope.spec.get(part) if entry else None
    if entry is None or not isinstance(body, Mapping):
        if ("Template", name) not in index.broken:
            known = [
                template.name
                for template in index.templates.values()
                if part in template.envelope.spec.entries
            ]
            message = f"there is no template `{name}` of an {'SLO' if part == 'slo' else 'alert'}"
            diagnostics.error(
                problems.UNKNOWN_REFERENCE,
                message,
                find(node, ("uses",))[0].span,
                allowed=nearest(name, known),
            )
        return None
    arguments = _arguments(node, entry, diagnostics)
    if arguments is None:
        return None
    filled = _fill(body, arguments, diagnostics)
    assert isinstance(filled, Mapping)
    return node.without("uses", "with").over(filled)


def _arguments(
    node: Mapping, entry: Entry[v1.TemplateSpec], diagnostics: Diagnostics
) -> dict[str, Node] | None:
    """The value of each parameter; None when one is missing, unknown or of another type."""
    given = node.get("with")
    values = given.entries if isinstance(given, Mapping) else {}
    wrong = False
    for name in values.keys() - entry.spec.parameters.keys():
        assert isinstance(given, Mapping)
        message = f"template `{entry.name}` has no parameter `{name}`"
        allowed = nearest(name, entry.spec.parameters)
        diagnostics.error(problems.TEMPLATE_PARAMETER, message, given.keys[name], allowed=allowed)
        wrong = True
    arguments: dict[str, Node] = {}
    for name, parameter in entry.spec.parameters.items():
        value = values.get(name)
        if value is None and parameter.default is not None:
            value = find(entry.envelope.spec, ("parameters", name, "default"))[0]
        if value is None:
            message = f"template `{entry.name}` needs the parameter `{name}` ({parameter.type})"
            diagnostics.error(problems.TEMPLATE_PARAMETER, message, find(node, ("uses",))[0].span)
            wrong = True
        elif not _fits(value, parameter.type):
            message = f"parameter `{name}` of template `{entry.name}` is not a {parameter.type}"
            diagnostics.error(problems.TEMPLATE_PARAMETER, message, value.span)
            wrong = True
        else:
            arguments[name] = value
    return None if wrong else arguments


def _fits(node: Node, kind: str) -> bool:
    if kind == "list":
        return isinstance(node, Sequence)
    if kind == "selector":
        return isinstance(node, Mapping)
    if not isinstance(node, Scalar):
        return False
    value = node.value
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind in {"ratio", "quantity"}:
        return _parses(parse_ratio if kind == "ratio" else parse_quantity, str(value))
    return isinstance(value, str) and (kind != "duration" or _parses(Duration.parse, value))


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _fill(node: Node, arguments: dict[str, Node], diagnostics: Diagnostics) -> Node:
    if isinstance(node, Mapping):
        return node._replace(
            entries={key: _fill(child, arguments, diagnostics) for key, child in node.entries.items()}
        )
    if isinstance(node, Sequence):
        return node._replace(items=tuple(_fill(child, arguments, diagnostics) for child in node.items))
    if not isinstance(node.value, str) or "${" not in node.value:
        return node
    match = _PLACEHOLDER.fullmatch(node.value)
    if match is None:
        message = f"`{node.value}` mixes text and a parameter"
        allowed = "a parameter as the whole value; matchers go under `selector`, where they are added to every selector"
        diagnostics.error(problems.TEMPLATE_PARAMETER, message, node.span, allowed=allowed)
        return node
    if match[1] not in arguments:
        message = f"there is no parameter `{match[1]}`"
        diagnostics.error(
            problems.TEMPLATE_PARAMETER, message, node.span, allowed=nearest(match[1], arguments)
        )
        return node
    return arguments[match[1]]
