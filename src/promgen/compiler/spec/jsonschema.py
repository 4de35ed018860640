"""The JSON Schema of the wire format, so that editors complete and check specifications while they are written.

Generated from the classes of the format. What pydantic leaves out is added here: the text below each field, read from
the source because Python does not keep it, and what holds for layers that are merged before they are validated. The
schema may accept more than the compiler, never less, with one exception: it does not offer `null`, which means the same
as leaving a key out.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic.json_schema import models_json_schema

from promgen.base.conventions import API_VERSION, PROJECT_FILE
from promgen.compiler.spec import delivery, routing, scraping, selectors, v1, wire
from promgen.compiler.spec.kinds import KINDS
from promgen.compiler.spec.v1 import ProjectDocument
from promgen.compiler.spec.wire import Wire

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODULES = (wire, selectors, v1, routing, scraping, delivery)
CLASSES: dict[str, type[Wire]] = {
    name: member
    for module in _MODULES
    for name, member in vars(module).items()
    if isinstance(member, type) and issubclass(member, Wire)
}
"""Every shape, by its name."""
DOCUMENTS: dict[str, type[Wire]] = {**KINDS, "Project": ProjectDocument}
"""Everything that has a kind: what specifications hold, and promgen.yaml."""

_BODIES = {
    ("TemplateSpec", "slo"): "SloSpec",
    ("TemplateSpec", "alert"): "AlertSpec",
    ("DefaultsSpec", "service"): "ServiceSpec",
    ("DefaultsSpec", "slo"): "SloSpec",
    ("DefaultsSpec", "alert"): "AlertSpec",
}
"""Mappings that are merged below others: the same keys, but any values, since `${parameter}` may stand for each."""

_OF_THE_OBJECT = {"name", "uses", "with", "slos", "alerts"}
"""Keys that only an object itself can have, not what lies below it."""

_ONE_KIND = ("EventSli", "SliSpec")
"""Mappings with exactly one key."""


def schema_of(kind: str | None = None) -> Schema:
    """The schema of one kind, or of all of them told apart by `kind`."""
    if kind is None:
        return {"$schema": DIALECT, **_choice(), "$defs": _definitions(tuple(DOCUMENTS))}
    name = DOCUMENTS[kind].__name__
    return {
        "$schema": DIALECT,
        "title": f"promgen {kind}",
        "$ref": f"#/$defs/{name}",
        "$defs": _definitions((kind,)),
    }


def field_texts(wire: type[Wire]) -> dict[str, str]:
    """The text below each field of a class and of those it extends, by the key that is written in YAML."""
    texts: dict[str, str] = {}
    for base in reversed(wire.__mro__):
        texts |= _source_texts().get(base.__name__, {})
    return {field.alias or name: texts[name] for name, field in wire.model_fields.items() if texts.get(name)}


def _choice() -> Schema:
    """A document of any kind; `if` and `then` let an editor speak about the kind that was meant and no other."""
    return {
        "title": "promgen specifications",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "Version of the format."},
            "kind": {
                "enum": list(DOCUMENTS),
                "description": f"What the document declares; Project belongs in {PROJECT_FILE}.",
            },
        },
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{wire.__name__}"},
            }
            for kind, wire in DOCUMENTS.items()
        ],
    }


def _definitions(kinds: tuple[str, ...]) -> Schema:
    wanted = [(DOCUMENTS[kind], "validation") for kind in kinds]
    _, generated = models_json_schema(wanted, by_alias=True)  # type: ignore[arg-type]  # list is invariant
    definitions = {name: _tidy(body) for name, body in generated["$defs"].items() if name in CLASSES}
    for name, definition in definitions.items():
        _describe(CLASSES[name], definition)
    for (owner, key), body in _BODIES.items():
        if owner in definitions:
            definitions[owner]["properties"][key] |= _body(CLASSES[body])
    for name in _ONE_KIND:
        if name in definitions:
            definitions[name] |= {"minProperties": 1, "maxProperties": 1}
    for name in ("SloSpec", "StandaloneSlo"):
        if name in definitions:
            _loosen_with_template(definitions[name], "sli", v1.SliSpec)
    return definitions


def _describe(wire: type[Wire], definition: Schema) -> None:
    for key, text in field_texts(wire).items():
        definition["properties"][key]["description"] = text


def _body(wire: type[Wire]) -> Schema:
    texts = field_texts(wire)
    properties = {key: {"description": text} for key, text in texts.items() if key not in _OF_THE_OBJECT}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _loosen_with_template(definition: Schema, key: str, wire: type[Wire]) -> None:
    """An object that `uses` a template may give a part of what the template begins."""
    whole = definition["properties"][key]
    definition["properties"][key] = {"description": whole["description"]}
    part = {"type": "object", "propertyNames": {"enum": list(field_texts(wire))}}
    definition["if"] = {"required": ["uses"]}
    definition["then"] = {"properties": {key: part}}
    definition["else"] = {"properties": {key: whole}}


def _tidy(value: Any) -> Any:
    """Without what only Python cares about: titles made from names, nulls, and defaults that say nothing."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: {name: _tidy(field) for name, field in child.items()} if key == "properties" else _tidy(child)
        for key, child in value.items()
        if not _is_noise(key, child)
    }
    options = [option for option in kept.pop("anyOf", []) if option != {"type": "null"}]
    return kept | ({"anyOf": options} if len(options) > 1 else options[0] if options else {})


def _is_noise(key: str, child: Any) -> bool:
    is_empty = child is None or child == "" or isinstance(child, Mapping | list)
    return key in {"title", "propertyNames"} or (key == "default" and is_empty)


@cache
def _source_texts() -> dict[str, dict[str, str]]:
    """The strings below the fields in the source, by class and field."""
    bodies = (node for module in _MODULES for node in ast.parse(inspect.getsource(module)).body)
    return {node.name: dict(_texts_of(node)) for node in bodies if isinstance(node, ast.ClassDef)}


def _texts_of(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(node.body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, text
