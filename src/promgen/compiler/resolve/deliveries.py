"""`deliveries` of promgen.yaml as the model has them; what cannot be is reported where it is written and left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from promgen.base import problems
from promgen.base.addresses import read_address
from promgen.base.diagnostics import Diagnostics, Related
from promgen.base.paths import fold, path_fault
from promgen.base.problems import Problem
from promgen.compiler.project import Project
from promgen.compiler.resolve.catalog import Resolved
from promgen.compiler.source.nodes import Path
from promgen.compiler.spec.delivery import (
    AccessSpec,
    CredentialSpec,
    DeliverySpec,
    FolderSpec,
    KubernetesSpec,
    RulerSpec,
)
from promgen.compiler.spec.read import nearest
from promgen.model.delivery import (
    Access,
    Credential,
    Delivery,
    Folder,
    FolderReader,
    Kubernetes,
    Ruler,
    RulerKind,
)

FOLDER_KINDS: tuple[FolderReader, ...] = get_args(FolderReader)
RULER_KINDS: tuple[RulerKind, ...] = get_args(RulerKind)
KINDS: Final = (*FOLDER_KINDS, *RULER_KINDS, "kubernetes")
"""The keys of a delivery of which it has exactly one."""

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_LABEL_KEY = re.compile(
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
)
_NAMESPACE = re.compile(r"[A-Za-z0-9_.-]{1,63}")


def resolve_deliveries(
    project: Project, resolved: Resolved, diagnostics: Diagnostics
) -> tuple[Delivery, ...]:
    """Every delivery without a mistake, in the order of writing."""
    environments = frozenset(one.name for one in resolved.documents if one.kind == "Environment")
    specs = project.settings.deliveries
    found = [
        _Resolver(project, ("deliveries", place), environments, diagnostics).delivery(spec)
        for place, spec in enumerate(specs)
    ]
    _check_names(specs, project, diagnostics)
    return tuple(one for one in found if one is not None)


def _check_names(specs: Iterable[DeliverySpec], project: Project, diagnostics: Diagnostics) -> None:
    first: dict[str, int] = {}
    for place, spec in enumerate(specs):
        earlier = first.setdefault(fold(spec.name), place)
        if earlier != place:
            related = [Related(span=project.span("deliveries", earlier, "name"), text="first defined here")]
            message, span = (
                f"delivery `{spec.name}` is defined twice",
                project.span("deliveries", place, "name"),
            )
            diagnostics.error(problems.NAME_COLLISION, message, span, related=related)


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Reads one delivery, which stands at `at` in promgen.yaml."""

    project: Project
    at: Path
    environments: frozenset[str]
    diagnostics: Diagnostics

    def delivery(self, spec: DeliverySpec) -> Delivery | None:
        self.check_environments(spec)
        self.check_files(spec)
        to = self.to(spec)
        if to is None:
            return None
        return Delivery(name=spec.name, to=to, environments=tuple(spec.environments), files=tuple(spec.files))

    def report(self, problem: Problem, message: str, *path: str | int, allowed: str) -> None:
        self.diagnostics.error(problem, message, self.project.span(*self.at, *path), allowed=allowed)

    def to(self, spec: DeliverySpec) -> Ruler | Folder | Kubernetes | None:
        given = [kind for kind in KINDS if getattr(spec, kind) is not None]
        if len(given) != 1:
            wrong = f"has {' and '.join(given)}" if given else "says nothing about where to"
            self.report(
                problems.BAD_VALUE,
                f"delivery `{spec.name}` {wrong}",
                allowed="exactly one of " + ", ".join(KINDS),
            )
            return None
        if spec.kubernetes is not None:
            return self.kubernetes(spec.kubernetes)
        for ruler_kind in RULER_KINDS:
            if (ruler := getattr(spec, ruler_kind)) is not None:
                return self.ruler(ruler_kind, ruler)
        kind = next(kind for kind in FOLDER_KINDS if kind == given[0])
        return self.folder(kind, getattr(spec, kind))

    def check_environments(self, spec: DeliverySpec) -> None:
        for place, name in enumerate(spec.environments):
            if name not in self.environments:
                message = f"there is no environment `{name}`"
                allowed = nearest(name, self.environments)
                self.report(problems.UNKNOWN_REFERENCE, message, "environments", place, allowed=allowed)

    def check_files(self, spec: DeliverySpec) -> None:
        for place, file in enumerate(spec.files):
            if fault := path_fault(file):
                message = f"`{file}` is no file of the project: {fault}"
                allowed = "a path below promgen.yaml, with / between its parts"
                self.report(problems.FILE_OUTSIDE, message, "files", place, allowed=allowed)
        if spec.loki is not None and not spec.files:
            message = "Loki reads LogQL, and promgen compiles PromQL"
            self.report(
                problems.MISSING_KEY, message, "loki", allowed="`files` that name rule files in LogQL"
            )
        if spec.files and (spec.kubernetes is not None or spec.alertmanager is not None):
            message = "`files` are rule files for `promgen push`"
            self.report(problems.BAD_VALUE, message, "files", allowed="a ruler or a folder of rules")
        if spec.files and spec.environments:
            message = "plain rule files belong to no environment"
            self.report(problems.BAD_VALUE, message, "environments", allowed="`files` or `environments`")

    def ruler(self, kind: RulerKind, spec: RulerSpec) -> Ruler:
        namespace = spec.namespace or self.project.settings.name
        if not _NAMESPACE.fullmatch(namespace):
            message = f"`{namespace}` cannot begin the name of a namespace"
            allowed = "1 to 63 letters, digits, dots, dashes and underscores"
            self.report(problems.BAD_VALUE, message, kind, "namespace", allowed=allowed)
        return Ruler(
            kind=kind,
            access=self.access(spec, kind),
            tenant=spec.tenant or "",
            namespace=namespace,
            rules_per_group=self.limit("rules_per_group", kind, spec),
            groups=self.limit("groups", kind, spec),
        )

    def limit(self, name: str, kind: RulerKind, spec: RulerSpec) -> int:
        """As written; else what the target is declared to take; else Mimir's own limit, which Loki does not have."""
        if name in spec.model_fields_set:
            return int(getattr(spec, name))
        if kind == "loki":
            return 0
        declared = getattr(self.project.target.limits, name)
        return int(getattr(spec, name) if declared is None else declared)

    def folder(self, kind: FolderReader, spec: FolderSpec) -> Folder:
        reload = self.access(spec.reload, kind, "reload") if spec.reload is not None else None
        return Folder(reader=kind, folder=spec.folder, reload=reload)

    def access(self, spec: AccessSpec, *path: str) -> Access:
        self.check_url(spec.url, *path, "url")
        if spec.token is not None and (spec.username is not None or spec.password is not None):
            message = "both a token and a user"
            self.report(
                problems.BAD_VALUE, message, *path, "token", allowed="`token`, or `username` and `password`"
            )
        elif (spec.username is None) != (spec.password is None):
            given, lacking = ("password", "username") if spec.username is None else ("username", "password")
            self.report(problems.MISSING_KEY, f"`{given}` without `{lacking}`", *path, given, allowed="both")
        return Access(
            url=spec.url,
            token=self.credential(spec.token, *path, "token"),
            username=spec.username or "",
            password=self.credential(spec.password, *path, "password"),
        )

    def check_url(self, url: str, *path: str) -> None:
        """The message does not repeat the address: one that is wrong may well hold a secret."""
        address = read_address(url)
        parts = address.parts
        if not address.is_http or not url.isprintable() or " " in url:
            message, allowed = (
                "this is no address of a server",
                "http:// or https://, a host, and a path if need be",
            )
            self.report(problems.BAD_VALUE, message, *path, allowed=allowed)
        elif address.has_credentials or parts.query or parts.fragment:
            message = "the address holds more than a server and a path"
            self.report(problems.BAD_VALUE, message, *path, allowed="secrets in `token` or `password`")

    def credential(self, spec: CredentialSpec | None, *path: str) -> Credential | None:
        if spec is None:
            return None
        if (spec.env is None) == (spec.file is None):
            wrong = "both `env` and `file`" if spec.env else "neither `env` nor `file`"
            self.report(problems.BAD_VALUE, f"{wrong} for one secret", *path, allowed="exactly one of them")
        return Credential(env=spec.env or "", file=spec.file or "")

    def kubernetes(self, spec: KubernetesSpec) -> Kubernetes:
        if not _DNS_LABEL.fullmatch(spec.namespace):
            message = f"`{spec.namespace}` is no namespace"
            allowed = "up to 63 lower-case letters, digits and dashes"
            self.report(problems.BAD_VALUE, message, "kubernetes", "namespace", allowed=allowed)
        self.check_keys(spec.labels, "labels")
        self.check_keys(spec.annotations, "annotations")
        for label, value in spec.labels.items():
            if not _LABEL_VALUE.fullmatch(value):
                message = f"`{value}` is no value of a label in Kubernetes"
                allowed = (
                    "up to 63 letters, digits, dots, dashes and underscores, a letter or digit at both ends"
                )
                self.report(problems.BAD_VALUE, message, "kubernetes", "labels", label, allowed=allowed)
        if not (spec.rules or spec.alertmanager_config or spec.config_map):
            message = "nothing would be written"
            allowed = "`rules`, `alertmanagerConfig` or `configMap`"
            self.report(problems.BAD_VALUE, message, "kubernetes", "rules", allowed=allowed)
        return Kubernetes(
            namespace=spec.namespace,
            labels=dict(spec.labels),
            annotations=dict(spec.annotations),
            rules=spec.rules,
            alertmanager_config=spec.alertmanager_config,
            config_map=spec.config_map,
        )

    def check_keys(self, texts: Mapping[str, str], part: str) -> None:
        for key in texts:
            if not _LABEL_KEY.fullmatch(key):
                message = f"`{key}` is no key of {part} in Kubernetes"
                allowed = "letters, digits, dots, dashes and underscores, after a prefix such as example.org/ if need be"
                self.report(problems.BAD_VALUE, message, "kubernetes", part, key, allowed=allowed)
