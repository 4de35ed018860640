"""Laws of the whole compiler: the same input gives the same bytes, and nothing is lost on the way out."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promgen.base.durations import MINUTE
from promgen.compiler.generate.prometheus import print_rule_file
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.compiler.output.plan import plan_changes
from promgen.compiler.output.write import apply_plan
from promgen.compiler.pipeline import compile_project
from promgen.model.codec import CatalogError, dump_catalog, load_catalog
from tests.compiler.projects import TODAY, compile_files, output_of, service, write_project

REPOSITORY = Path(__file__).parents[2]

SERVICES = {
    f"{name}.yaml": service(
        f"""
        slos:
          - name: availability
            objective: 99.9%
            window: 30d
            groupBy: [region]
            sli:
              ratio:
                total: {{metric: {name}_requests_total}}
                bad: {{selector: {{code: {{matches: "5.."}}}}}}
        alerts:
          - name: CpuHigh
            expr: avg by (instance) (cpu_ratio)
            above: {{medium: 70%, critical: 85%}}
        """,
        name=name,
    )
    for name in ("cart", "search", "pay", "mail")
}

DIGEST = """
import datetime, hashlib, sys
from pathlib import Path
from promgen.compiler.pipeline import compile_project
output = compile_project(Path(sys.argv[1]), None, datetime.date(2026, 1, 15)).output
print(hashlib.sha256(repr([(path, artifact.content) for path, artifact in output.tree.items()]).encode()).hexdigest())
"""


@pytest.mark.parametrize("seed", ["0", "1", "42"])
def test_the_hash_seed_changes_no_byte(tmp_path: Path, seed: str) -> None:
    """Law: nothing is printed in the order of a set."""
    write_project(tmp_path, SERVICES)
    tree = output_of(compile_project(tmp_path, None, TODAY)).tree
    here = hashlib.sha256(repr([(path, one.content) for path, one in tree.items()]).encode()).hexdigest()
    command = [sys.executable, "-c", DIGEST, str(tmp_path)]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    there = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


@given(order=st.permutations(sorted(SERVICES)))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_in_which_files_were_made_changes_no_byte(
    tmp_path_factory: pytest.TempPathFactory, order: list[str]
) -> None:
    """Law: a folder lists its files in any order; the output does not care."""
    first = compile_files(tmp_path_factory.mktemp("a"), SERVICES)
    second = compile_files(tmp_path_factory.mktemp("b"), {name: SERVICES[name] for name in order})
    assert output_of(first).tree.digests() == output_of(second).tree.digests()


def test_the_order_of_documents_does_not_matter_to_what_is_compiled(tmp_path: Path) -> None:
    """Law: names may be used before they are defined."""
    documents = [*SERVICES.values()]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    straight = compile_files(tmp_path / "a", {"all.yaml": "\n---\n".join(documents)})
    random.Random(4).shuffle(documents)
    shuffled = compile_files(tmp_path / "b", {"all.yaml": "\n---\n".join(documents)})
    assert output_of(straight).tree.digests() == output_of(shuffled).tree.digests()


def test_building_twice_changes_nothing(tmp_path: Path) -> None:
    """Law: the second plan is empty."""
    output = output_of(compile_files(tmp_path, SERVICES))
    apply_plan(tmp_path, plan_changes(tmp_path, output.tree, None), output.lock)
    again = output_of(compile_project(tmp_path, output.lock, TODAY))
    plan = plan_changes(tmp_path, again.tree, output.lock)
    assert not plan.has_changes
    assert again.lock == output.lock


def test_the_repositorys_own_catalogue_survives_its_codec() -> None:
    """Law: load is the inverse of dump, on everything the four systems use."""
    resolved = compile_project(REPOSITORY, None, TODAY).resolved
    assert resolved is not None
    dumped = dump_catalog(resolved.catalog)
    assert load_catalog(dumped) == resolved.catalog
    assert dump_catalog(load_catalog(dumped)) == dumped


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not a catalogue"),
        (b"[]", "not a catalogue"),
        (b'{"schema": 2}', "update promgen"),
        (b'{"schema": 0}', "build it again"),
        (b'{"schema": 1, "services": [{"name": 3}]}', "not a catalogue"),
        (b'{"schema": 1, "nonsense": 3}', "not a catalogue"),
    ],
)
def test_what_is_no_catalogue_is_refused(content: bytes, message: str) -> None:
    """A reader never guesses."""
    with pytest.raises(CatalogError, match=message):
        load_catalog(content)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    label=texts,
    annotation=texts,
    expr=st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1),
)
def test_every_printed_text_is_read_back_as_it_was(label: str, annotation: str, expr: str) -> None:
    """Law: our printer and a YAML reader agree, whatever the text."""
    rule = Rule("r", expr, {"l": label}, "test", annotations={"a": annotation})
    printed = print_rule_file(RuleFile("p", "s.yaml", (Group("g", MINUTE, (rule,), "subject"),)))
    read = yaml.safe_load(printed)["groups"][0]["rules"][0]
    assert (read["labels"]["l"], read["annotations"]["a"], read["expr"]) == (label, annotation, expr)
