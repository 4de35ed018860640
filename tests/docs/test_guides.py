"""Every example of the guides compiles without a warning, and is what an editor would accept."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from promgen.base.diagnostics import Diagnostics
from promgen.compiler.source.nodes import plain
from promgen.compiler.source.yamltext import parse_documents
from promgen.compiler.spec.jsonschema import schema_of
from tests.compiler.projects import compile_files, output_of, problems_of
from tests.docs.pages import REPOSITORY, Block, blocks

GUIDES = sorted((REPOSITORY / "docs/guides").glob("*.md"))
EXAMPLES = [block for page in GUIDES for block in blocks(page, "yaml")]
SCHEMA = Draft202012Validator(schema_of())

AROUND = """\
apiVersion: promgen/v1
kind: Team
metadata: {name: payments}
spec: {}
---
apiVersion: promgen/v1
kind: Defaults
metadata: {name: all}
spec:
  slo: {objective: 99.9%, window: 30d}
"""
CART = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: cart, system: shop}
spec:
  owner: payments
"""
CART_ITEMS = """\
  slos:
    - {name: availability, sli: {probe: {selector: {job: cart}}}}
  alerts:
    - {name: QueueLong, expr: cart_queue > 1, severity: low}
"""


def whole(block: Block) -> str:
    """An example as documents: fields of a service get the service around them."""
    if block.text.startswith("apiVersion:"):
        return block.text
    return CART + textwrap.indent(block.text, "  ")


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_an_example_compiles(block: Block, tmp_path: Path) -> None:
    files = {"around.yaml": AROUND, "example.yaml": whole(block)}
    if block.text.startswith("apiVersion:"):
        files["cart.yaml"] = CART + CART_ITEMS
    target = "target: {prometheus: '3.0'}\n" if "native" in block.text else ""
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "cart-cpu.md").write_text("# The CPU of the cart\n", encoding="utf-8")
    compilation = compile_files(tmp_path, files, target)
    assert problems_of(compilation) == []
    assert output_of(compilation).rule_files


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_an_example_fits_the_schema(block: Block) -> None:
    for document in parse_documents(whole(block), "example.yaml", Diagnostics()):
        assert document.root is not None
        assert [error.message for error in SCHEMA.iter_errors(plain(document.root))] == []


def test_every_kind_of_indicator_has_an_example() -> None:
    texts = "".join(block.text for block in EXAMPLES)
    for kind in schema_of("SLO")["$defs"]["SliSpec"]["properties"]:
        assert re.search(rf"\b{kind}:", texts), kind


PAGES = [
    path
    for path in [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]
    if not path.is_relative_to(REPOSITORY / "docs/adr")
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
        found = page.parent / target if target else page
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [anchor_of(heading) for heading in headings], anchor


def anchor_of(heading: str) -> str:
    """The anchor that forges make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
