"""The compiler, from files to an output tree: source > spec > resolve > check > lower > generate > output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from promgen import __version__
from promgen.base.conventions import (
    ALERTMANAGER_FILE,
    ALERTMANAGER_FOLDER,
    CATALOG_FILE,
    PROMETHEUS_FOLDER,
    RULES_SUFFIX,
    SILENCES_FILE,
    TEMPLATES_FILE,
    TESTS_FOLDER_SUFFIX,
)
from promgen.base.diagnostics import Diagnostic, Diagnostics
from promgen.base.durations import SECOND, Duration
from promgen.compiler.check import CHECKS
from promgen.compiler.delivered import Compiled, check_deliveries, delivery_artifacts
from promgen.compiler.generate.alertmanager import print_alertmanager, print_silences
from promgen.compiler.generate.messages import print_templates
from promgen.compiler.generate.prometheus import print_rule_file
from promgen.compiler.generate.promtool import print_tests
from promgen.compiler.generate.scraping import print_scraping
from promgen.compiler.ir.alertmanager import Alertmanager
from promgen.compiler.ir.proofs import Proofs
from promgen.compiler.ir.rules import RuleFile
from promgen.compiler.ir.scraping import Scraping
from promgen.compiler.lower.passes import lower_catalog
from promgen.compiler.lower.routing import lower_routing
from promgen.compiler.lower.scraping import lower_scraping
from promgen.compiler.meanings import check_meanings, meanings_of
from promgen.compiler.output.lock import Lock
from promgen.compiler.output.tree import Artifact, ArtifactKind, Tree
from promgen.compiler.project import Project, Slugs, load_project, suppress
from promgen.compiler.proofs.catalog import prove_catalog
from promgen.compiler.resolve.catalog import Resolved, resolve
from promgen.compiler.resolve.common import output_path
from promgen.compiler.resolve.deliveries import resolve_deliveries
from promgen.compiler.resolve.scope import ProjectFiles
from promgen.compiler.source.files import SourceFile, decode
from promgen.compiler.source.project_root import find_runbooks, read_inputs
from promgen.compiler.source.yamltext import parse_documents
from promgen.compiler.spec.read import Envelope, read_envelope
from promgen.model.catalog import Catalog
from promgen.model.codec import dump_catalog
from promgen.model.delivery import Delivery
from promgen.model.scraping import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """What a project compiles to; `output` is None when there are errors."""

    diagnostics: tuple[Diagnostic, ...]
    inputs: tuple[SourceFile, ...]
    texts: dict[str, str]
    project: Project | None = None
    resolved: Resolved | None = None
    output: Output | None = None


@dataclass(frozen=True)
class Output:
    """What a project compiles to; each part is made when it is first asked for, since most commands need one of them."""

    catalog: Catalog
    project: Project
    deliveries: tuple[Delivery, ...] = ()
    """Where the outputs are brought, in the order of promgen.yaml."""

    @cached_property
    def rule_files(self) -> tuple[RuleFile, ...]:
        return lower_catalog(self.catalog, self._path)

    @cached_property
    def alertmanager(self) -> Alertmanager | None:
        """Who is told; None where the project has no routing."""
        return lower_routing(self.catalog)

    @cached_property
    def scraping(self) -> Scraping | None:
        """What is scraped; None where the project does not say."""
        settings = self.project.settings.prometheus
        server = Server(
            external_labels=dict(settings.external_labels), alertmanagers=tuple(settings.alertmanagers)
        )
        return lower_scraping(self.catalog, server, self.rule_files)

    @cached_property
    def proofs(self) -> tuple[Proofs, ...]:
        """In the order of the files they belong to."""
        return prove_catalog(self.catalog, self._path)

    @cached_property
    def compiled(self) -> Compiled:
        """What there is to deliver."""
        routes = {name: content.decode() for name, content in self.route_files.items()}
        return Compiled(self.rule_files, self.alertmanager, routes)

    @cached_property
    def route_files(self) -> dict[str, bytes]:
        """What Alertmanager loads, and the silences for its API, by name."""
        files = {}
        if self.alertmanager is not None:
            files[ALERTMANAGER_FILE] = print_alertmanager(self.alertmanager, "the Routing of the project")
            files[TEMPLATES_FILE] = print_templates(self.catalog.target)
        if self.catalog.silences:
            files[SILENCES_FILE] = print_silences(self.catalog.silences, self.project.settings.name)
        return files

    @cached_property
    def tree(self) -> Tree:
        """Every file to be written."""
        return Tree((*_artifacts(self), *_all_tests(self)))

    @property
    def artifacts(self) -> Iterable[Artifact]:
        """The same but for the proof tests, which follow from the catalogue and take the longest to make."""
        return _artifacts(self)

    @cached_property
    def lock(self) -> Lock:
        return Lock(generator=__version__, files=self.tree.digests(), meanings=meanings_of(self.catalog))

    def _path(self, file: str, environment: str) -> str:
        return output_path(file, self.project.settings.inputs, environment)


def compile_project(root: Path, previous: Lock | None, today: date, slugs: Slugs = tuple) -> Compilation:
    """Compile everything; `previous` is the last build's lock, and suppressions may name `slugs` of others too.

    Raise OutsideError when inputs cannot be read.
    """
    diagnostics = Diagnostics()
    document, inputs = read_inputs(root, diagnostics)
    texts: dict[str, str] = {}
    project = load_project(document, diagnostics, slugs)
    envelopes = tuple(_envelopes(inputs[1:], texts, diagnostics))
    if inputs:
        texts[inputs[0].path] = decode(inputs[0], diagnostics) or ""
    if project is None:
        return Compilation(diagnostics=diagnostics.sorted(), inputs=inputs, texts=texts)
    files = ProjectFiles(texts, find_runbooks(root))
    resolved = resolve(envelopes, project.target, files, diagnostics)
    for check in CHECKS:
        check(resolved, diagnostics)
    check_meanings(resolved, previous.meanings if previous else {}, diagnostics)
    deliveries = resolve_deliveries(project, resolved, diagnostics)
    output = None if diagnostics.has_errors else Output(resolved.catalog, project, deliveries)
    if output is not None and deliveries:
        check_deliveries(deliveries, output.compiled, project, diagnostics)
        output = None if diagnostics.has_errors else output
    return Compilation(
        diagnostics=suppress(diagnostics.sorted(), project, today),
        inputs=inputs,
        texts=texts,
        project=project,
        resolved=resolved,
        output=output,
    )


def _envelopes(
    files: Iterable[SourceFile], texts: dict[str, str], diagnostics: Diagnostics
) -> Iterable[Envelope]:
    for file in files:
        text = decode(file, diagnostics)
        if text is not None:
            texts[file.path] = text
            for document in parse_documents(text, file.path, diagnostics):
                if (envelope := read_envelope(document, diagnostics)) is not None:
                    yield envelope


def _artifacts(output: Output) -> Iterable[Artifact]:
    folder = output.project.settings.outputs.rules
    for file in output.rule_files:
        yield Artifact(
            path=f"{folder}/{file.path}{RULES_SUFFIX}",
            content=print_rule_file(file),
            producer=f"the rules of {file.source}",
            kind=ArtifactKind.RULES,
        )
    yield Artifact(
        path=f"{folder}/{CATALOG_FILE}",
        content=dump_catalog(output.catalog),
        producer="the catalogue",
        kind=ArtifactKind.CATALOG,
    )
    routes, scraping = f"{folder}/{ALERTMANAGER_FOLDER}", f"{folder}/{PROMETHEUS_FOLDER}"
    yield from _in_folder(routes, output.route_files, "the routes", ArtifactKind.ROUTES)
    scraped = print_scraping(output.scraping) if output.scraping is not None else {}
    yield from _in_folder(scraping, scraped, "what is scraped", ArtifactKind.SCRAPING)
    for delivery in output.deliveries:
        yield from delivery_artifacts(delivery, output.compiled, folder)


def _all_tests(output: Output) -> Iterable[Artifact]:
    for proof in output.proofs:
        yield from _tests(proof, output.project.settings.outputs.rules)


def _in_folder(
    folder: str, files: Mapping[str, bytes], producer: str, kind: ArtifactKind
) -> Iterable[Artifact]:
    for name, content in files.items():
        yield Artifact(path=f"{folder}/{name}", content=content, producer=producer, kind=kind)


def _tests(proof: Proofs, folder: str) -> Iterable[Artifact]:
    """A file for each interval of evaluations, of which promtool has one for a file, in a folder beside the rules.

    Cases for some of the rules are left out: the files load all of them.
    """
    rules = f"../{proof.path.rpartition('/')[2]}{RULES_SUFFIX}"
    cases = [case for case in proof.cases if not case.rules]
    names: dict[Duration, Duration] = {}
    """Steps by their names, which leave out the milliseconds where nothing else is called so."""
    for step in sorted({case.step for case in cases}):
        rounded = Duration(step.ms - step.ms % SECOND.ms)
        names[step if rounded in names else rounded] = step
    for name, step in names.items():
        yield Artifact(
            path=f"{folder}/{proof.path}{TESTS_FOLDER_SUFFIX}/{name}.yaml",
            content=print_tests(cases, [rules], step, proof.source),
            producer=f"the proof tests of {proof.source}",
            kind=ArtifactKind.TESTS,
        )
