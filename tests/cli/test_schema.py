"""The JSON Schema: what the compiler accepts it accepts, and what an editor should mark it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from promgen.base.diagnostics import Diagnostics
from promgen.compiler.source.nodes import plain
from promgen.compiler.source.yamltext import parse_documents
from promgen.compiler.spec import v1
from promgen.compiler.spec.jsonschema import DOCUMENTS, field_texts, schema_of
from tests.cli.terminal import promgen

REPOSITORY = Path(__file__).parents[2]
COMMITTED = REPOSITORY / "slo-specs/promgen.schema.json"
SPECIFICATIONS = sorted([REPOSITORY / "promgen.yaml", *(REPOSITORY / "slo-specs").rglob("*.yaml")])
WHOLE = Draft202012Validator(schema_of())


def documents(text: str) -> Iterator[Any]:
    """The documents of a text as the compiler reads them: by YAML 1.2, as editors do."""
    diagnostics = Diagnostics()
    for document in parse_documents(text, "spec.yaml", diagnostics):
        if document.root is not None:
            yield plain(document.root)
    assert not diagnostics.has_errors


def faults(text: str) -> list[str]:
    return [error.message for document in documents(text) for error in WHOLE.iter_errors(document)]


def test_the_committed_schema_is_up_to_date() -> None:
    printed = promgen(REPOSITORY, "schema").out
    assert COMMITTED.read_text(encoding="utf-8") == printed, (
        "run: promgen schema --output slo-specs/promgen.schema.json"
    )


@pytest.mark.parametrize("path", SPECIFICATIONS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_the_specifications_of_this_repository_fit(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_the_schema_of_each_kind_is_a_schema(tmp_path: Path, kind: str) -> None:
    done = promgen(tmp_path, "schema", kind)
    assert done.code == 0
    Draft202012Validator.check_schema(json.loads(done.out))


def test_the_whole_schema_is_a_schema_and_has_no_dead_reference() -> None:
    Draft202012Validator.check_schema(schema_of())
    whole = schema_of()
    text = json.dumps(whole)
    assert {reference.partition('"')[0] for reference in text.split('"#/$defs/')[1:]} == set(whole["$defs"])


def test_it_can_be_written_to_a_file(tmp_path: Path) -> None:
    assert promgen(tmp_path, "schema", "Team", "--output", "team.json").code == 0
    assert (tmp_path / "team.json").read_text(encoding="utf-8") == promgen(tmp_path, "schema", "Team").out
    assert promgen(tmp_path, "schema", "--output", "no/such/folder.json").code == 4
    assert promgen(tmp_path, "schema", "Nothing").code == 2


def test_every_field_is_described() -> None:
    heads = {"apiVersion", "kind", "metadata", "spec"}
    for name, definition in schema_of()["$defs"].items():
        described = {key for key, field in definition["properties"].items() if "description" in field}
        assert definition["properties"].keys() - described <= heads, name


def test_a_field_that_is_inherited_has_its_text_and_is_called_as_in_yaml() -> None:
    texts = field_texts(v1.StandaloneAlert)
    assert texts["with"] == "Parameters of the template."
    assert texts["keepFiringFor"].startswith("How long")


SERVICE = "apiVersion: promgen/v1\nkind: Service\nmetadata: {name: cart}\nspec: "


@pytest.mark.parametrize(
    "spec",
    [
        "{}",
        "{slos: [{name: a, objective: 99.9%, window: 30d, sli: {probe: {}}}]}",
        "{slos: [{name: a, objective: 0.999, window: {calendar: month}, sli: {probe: {}}}]}",
        "{slos: [{name: a, uses: quick, with: {below: 1 s}, sli: {latency: {below: 2 s}}}]}",
        "{selector: {job: cart, code: [a, b], path: {notMatches: /health}}}",
        "{alerts: [{name: A, expr: up, above: {P1: 5, P2: 500 ms}, for: {P1: 5m}}]}",
    ],
)
def test_what_compiles_fits(spec: str) -> None:
    assert faults(SERVICE + spec) == []


@pytest.mark.parametrize(
    "spec",
    [
        "{owner: Big Team}",
        "{ownner: people}",
        "{slos: [{objective: 99%}]}",
        "{slos: [{name: a, sli: {}}]}",
        "{slos: [{name: a, sli: {probe: {}, raw: {}}}]}",
        "{slos: [{name: a, sli: {latency: {below: 1 s}}}]}",
        "{slos: [{name: a, uses: quick, sli: {latenzy: {}}}]}",
        "{slos: [{name: a, window: {calendar: year}}]}",
        "{slos: [{name: a, window: soon}]}",
        "{alerts: [{name: A, expr: up, above: {high: much}}]}",
    ],
)
def test_what_an_editor_should_mark_does_not_fit(spec: str) -> None:
    assert faults(SERVICE + spec) != []


def test_a_document_without_a_known_kind_does_not_fit() -> None:
    assert faults("apiVersion: promgen/v1\nkind: Servise\n") != []
    assert faults("apiVersion: promgen/v2\nkind: Team\nmetadata: {name: a}\nspec: {}\n") != []


TEMPLATE = "apiVersion: promgen/v1\nkind: Template\nmetadata: {name: quick}\nspec: "


def test_parameters_may_stand_for_any_value_of_a_template() -> None:
    body = (
        '{objective: "${goal}", window: "${window}", groupBy: "${labels}", sli: "${sli}", disabled: "${off}"}'
    )
    assert faults(f"{TEMPLATE}{{slo: {body}}}") == []
    assert faults(TEMPLATE + '{alert: {above: {P1: "${limit}"}, labels: "${labels}"}}') == []


def test_a_misspelt_key_of_a_template_is_marked_nevertheless() -> None:
    assert faults(TEMPLATE + "{slo: {objektive: 99%}}") != []
