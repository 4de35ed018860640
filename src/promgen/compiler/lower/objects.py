"""Rules and texts as objects of Kubernetes: their names, and how much of them fits in one.

`kubectl apply` keeps the whole object as JSON in an annotation, for which there are 256 KiB; that is the smallest of the
limits: prometheus-operator takes 512 KiB of rules, and a ConfigMap holds 1 MiB.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, TypeVar

from promgen.compiler.ir.objects import Object
from promgen.compiler.ir.rules import RuleFile, group_data
from promgen.model.delivery import Delivery, Kubernetes

MONITORING = "monitoring.coreos.com"
OBJECT_BYTES = 240 * 1024
"""Of JSON in one object; what stands around it has the rest."""

_LONGEST_NAME = 253
_PART = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9.-]+")
_T = TypeVar("_T")


def object_name(path: str) -> str:
    """The name of an object for what has a path: its parts with dots between them, a hash where that is not exact.

    >>> object_name("cluster/production/shop/cart")
    'cluster.production.shop.cart'
    >>> object_name("cluster/Shop_A/cart")
    'cluster.shop-a.cart-2a7a3d81'
    """
    parts = path.split("/")
    name = ".".join(parts)
    if all(map(_PART.fullmatch, parts)) and len(name) <= _LONGEST_NAME:
        return name
    digest = sha256(path.encode()).hexdigest()[:8]
    words = (_NOT_IN_NAMES.sub("-", part.lower()).strip("-.") for part in parts)
    short = ".".join(filter(None, words))[: _LONGEST_NAME - 9].rstrip("-.")
    return f"{short}-{digest}"


def rule_objects(files: Iterable[RuleFile], delivery: Delivery, to: Kubernetes) -> Iterator[Object]:
    """A PrometheusRule for each rule file, and further ones where its groups do not fit in one."""
    for file in files:
        sized = [(data, len(json.dumps(data))) for data in map(group_data, file.groups)]
        for name, part in _parts(object_name(f"{delivery.name}/{file.path}"), sized):
            yield make_object(
                f"{MONITORING}/v1", "PrometheusRule", name, to, {"spec": {"groups": part}}, file.source
            )


def text_objects(path: str, texts: Mapping[str, str], delivery: Delivery, to: Kubernetes) -> Iterator[Object]:
    """ConfigMaps with texts by their keys, as many as are needed; `path` says what they are."""
    sized = [((key, text), len(json.dumps([key, text]))) for key, text in texts.items()]
    for name, part in _parts(object_name(f"{delivery.name}/{path}"), sized):
        yield make_object("v1", "ConfigMap", name, to, {"data": dict(part)}, f"{path} of {delivery.name}")


def make_object(
    api_version: str, kind: str, name: str, to: Kubernetes, body: Mapping[str, Any], source: str
) -> Object:
    """An object with the labels and annotations that all of a delivery have."""
    return Object(api_version, kind, name, to.namespace, to.labels, to.annotations, body, source)


def too_large(found: Object) -> bool:
    """Whether an object is larger than what is certain to be taken: something in it that cannot be split is."""
    return len(json.dumps(found.body)) > OBJECT_BYTES + _FRAME


_FRAME = 1024
"""What the keys around the parts of an object take at most."""


def _parts(name: str, sized: Iterable[tuple[_T, int]]) -> Iterator[tuple[str, list[_T]]]:
    """As many in a row as fit, under a name each; the first has the name without a number."""
    rows: list[list[_T]] = []
    room = 0
    for item, size in sized:
        if size > room or not rows:
            rows.append([])
            room = OBJECT_BYTES
        rows[-1].append(item)
        room -= size
    for number, row in enumerate(rows, start=1):
        yield (name if number == 1 else f"{name}.part-{number}"), row
