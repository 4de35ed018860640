"""What a build writes for the deliveries of a project, in the format of each, and what a delivery cannot take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from promgen.base import problems
from promgen.base.conventions import DELIVERIES_FOLDER, RULES_SUFFIX
from promgen.base.diagnostics import Diagnostics
from promgen.base.problems import Problem
from promgen.compiler.generate.kubernetes import print_object
from promgen.compiler.generate.prometheus import print_rule_file
from promgen.compiler.generate.rulers import print_namespace
from promgen.compiler.ir.alertmanager import Alertmanager
from promgen.compiler.ir.objects import Object
from promgen.compiler.ir.rules import RuleFile
from promgen.compiler.lower.objects import object_name, rule_objects, text_objects, too_large
from promgen.compiler.lower.operator import alertmanager_object
from promgen.compiler.lower.split import namespace_of, ruler_files
from promgen.compiler.output.tree import Artifact, ArtifactKind
from promgen.compiler.project import Project
from promgen.model.delivery import Delivery, Folder, Kubernetes, Ruler
from promgen.promql import lacking_in_metricsql, parse

_ALERTMANAGER = "alertmanager"


class Compiled(NamedTuple):
    """What there is to deliver."""

    files: tuple[RuleFile, ...]
    alertmanager: Alertmanager | None
    routes: Mapping[str, str]
    """Alertmanager's own files by name: its configuration, templates and silences."""


class Fault(NamedTuple):
    """What a delivery cannot take; `at` is the part of the delivery that says so."""

    problem: Problem
    message: str
    allowed: str
    at: tuple[str, ...]


def check_deliveries(
    deliveries: Sequence[Delivery], compiled: Compiled, project: Project, diagnostics: Diagnostics
) -> None:
    """Report what deliveries cannot take, each at its place in promgen.yaml; all of them are known to be well formed."""
    for place, delivery in enumerate(deliveries):
        for fault in _faults(delivery, compiled):
            span = project.span("deliveries", place, *fault.at)
            diagnostics.error(fault.problem, fault.message, span, allowed=fault.allowed)


def delivery_artifacts(delivery: Delivery, compiled: Compiled, folder: str) -> Iterator[Artifact]:
    """The files of a delivery, below a folder of its name in the folder of the rules."""
    for path, content in _contents(delivery, compiled):
        yield Artifact(
            path=f"{folder}/{DELIVERIES_FOLDER}/{delivery.name}/{path}",
            content=content,
            producer=f"delivery {delivery.name}",
            kind=ArtifactKind.DELIVERY,
        )


def _contents(delivery: Delivery, compiled: Compiled) -> Iterator[tuple[str, bytes]]:
    match delivery.to:
        case Kubernetes() as to:
            for found in _objects(delivery, to, compiled, _ignore):
                yield f"{found.kind.lower()}/{found.name}.yaml", print_object(found)
        case Ruler() as to:
            for file in ruler_files(compiled.files, delivery):
                yield f"{file.path}{RULES_SUFFIX}", print_namespace(namespace_of(file, to), file)
        case Folder(reader="alertmanager"):
            return  # its files are the same for every Alertmanager, and lie beside the rules
        case Folder():
            for file in ruler_files(compiled.files, delivery):
                yield f"{file.path}{RULES_SUFFIX}", print_rule_file(file)


def _objects(
    delivery: Delivery, to: Kubernetes, compiled: Compiled, report: Callable[[str], None]
) -> Iterator[Object]:
    files = ruler_files(compiled.files, delivery)
    if to.rules:
        yield from rule_objects(files, delivery, to)
    if to.alertmanager_config and compiled.alertmanager is not None:
        yield alertmanager_object(compiled.alertmanager, delivery, to, report)
    if to.config_map:
        for path, texts in _texts(files, compiled).items():
            yield from text_objects(path, texts, delivery, to)


def _texts(files: Iterable[RuleFile], compiled: Compiled) -> dict[str, dict[str, str]]:
    """Texts by what they are: the rules of each environment, and the files of the Alertmanager."""
    texts: dict[str, dict[str, str]] = {}
    for file in files:
        key = object_name(file.path) + RULES_SUFFIX
        path = f"rules/{file.environment}" if file.environment else "rules"
        texts.setdefault(path, {})[key] = print_rule_file(file).decode()
    if compiled.routes:
        texts[_ALERTMANAGER] = dict(compiled.routes)
    return texts


def _faults(delivery: Delivery, compiled: Compiled) -> Iterator[Fault]:
    match delivery.to:
        case Kubernetes() as to:
            yield from _kubernetes_faults(delivery, to, compiled)
        case Ruler() as to:
            yield from _ruler_faults(delivery, to, compiled)
        case Folder(reader="alertmanager") if compiled.alertmanager is None:
            yield _no_routing(_ALERTMANAGER)
        case Folder(reader="victoriametrics"):
            yield from _metricsql_faults(delivery, compiled)


def _ruler_faults(delivery: Delivery, to: Ruler, compiled: Compiled) -> Iterator[Fault]:
    count = sum(len(file.groups) for file in ruler_files(compiled.files, delivery))
    if to.groups and count > to.groups:
        yield Fault(
            problems.DELIVERY_LIMIT,
            f"delivery `{delivery.name}` has {count} groups, and the ruler takes {to.groups} of a tenant",
            "fewer `environments`, or `groups` as the ruler is configured",
            (to.kind, "groups"),
        )


def _metricsql_faults(delivery: Delivery, compiled: Compiled) -> Iterator[Fault]:
    for file in ruler_files(compiled.files, delivery):
        for group in file.groups:
            for rule in group.rules:
                for name in lacking_in_metricsql(parse(rule.expr)):
                    message = (
                        f"`{rule.name}` of {group.subject} calls `{name}`, which is no function of MetricsQL"
                    )
                    allowed = "another indicator, or `environments` without it"
                    yield Fault(problems.TARGET_LACKS, message, allowed, ("victoriametrics",))


def _kubernetes_faults(delivery: Delivery, to: Kubernetes, compiled: Compiled) -> Iterator[Fault]:
    at = ("kubernetes",)
    if to.alertmanager_config and compiled.alertmanager is None:
        yield _no_routing("kubernetes", "alertmanagerConfig")
    lacking: list[str] = []
    for found in _objects(delivery, to, compiled, lacking.append):
        if too_large(found):
            message = f"{found.kind} `{found.name}` is larger than `kubectl apply` takes"
            yield Fault(problems.DELIVERY_LIMIT, message, "smaller groups, or fewer SLOs in a file", at)
    for what in dict.fromkeys(lacking):
        message = f"an AlertmanagerConfig cannot have {what}"
        allowed = "`configMap: true` brings the templates, and alertmanager.yml whole in place of the object"
        yield Fault(problems.TARGET_LACKS, message, allowed, (*at, "alertmanagerConfig"))


def _no_routing(*at: str) -> Fault:
    message = "the project says nothing about who is told"
    return Fault(problems.MISSING_KEY, message, "a Routing, see `promgen schema`", at)


def _ignore(message: str) -> None:
    """What an object lacks was reported before anything is written."""
