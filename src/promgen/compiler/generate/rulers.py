"""Rules as the tools of Mimir read them: the groups of one namespace in a file, and one group as its API takes it."""

from __future__ import annotations

from promgen.compiler.generate.yamltext import document, print_yaml
from promgen.compiler.ir.rules import Group, RuleFile, group_data


def print_namespace(namespace: str, file: RuleFile) -> bytes:
    """A rule file under the namespace that it has in the ruler."""
    return print_yaml({"namespace": namespace, "groups": list(map(group_data, file.groups))}, file.source)


def print_group(group: Group) -> bytes:
    """One group, the body of a request to a ruler."""
    return document(group_data(group)).encode()
