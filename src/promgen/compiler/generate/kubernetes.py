"""Objects of Kubernetes, one in a file."""

from __future__ import annotations

from typing import Any

from promgen.compiler.generate.yamltext import print_yaml
from promgen.compiler.ir.objects import Object


def print_object(found: Object) -> bytes:
    """The object as YAML."""
    metadata: dict[str, Any] = {"name": found.name, "namespace": found.namespace}
    texts = {"labels": found.labels, "annotations": found.annotations}
    metadata |= {key: rows for key, rows in texts.items() if rows}
    head = {"apiVersion": found.api_version, "kind": found.kind, "metadata": metadata}
    return print_yaml(head | dict(found.body), found.source)
