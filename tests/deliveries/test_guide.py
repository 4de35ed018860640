"""The guide's project is built, and writes what the guide says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.compiler.projects import compile_files, output_of, service
from tests.deliveries.content import REPOSITORY, SLO

GUIDE = (REPOSITORY / "docs/guides/delivery.md").read_text(encoding="utf-8")
ENVIRONMENT = "apiVersion: promgen/v1\nkind: Environment\nmetadata: {{name: {}}}\nspec: {{}}\n"


def test_the_build_writes_what_the_guide_lists(tmp_path: Path) -> None:
    found = re.search(r'```yaml title="promgen.yaml"\n.*?(deliveries:.*?)```', GUIDE, re.DOTALL)
    listed = re.search(r"```text\n(rules/.*?)```", GUIDE, re.DOTALL)
    assert found
    assert listed
    files = {"shop/cart.yaml": service(SLO)}
    files |= {f"{name}.yaml": ENVIRONMENT.format(name) for name in ("production", "staging")}
    output = output_of(compile_files(tmp_path, files, found[1]))
    assert [path for path in output.tree if "/deliveries/" in path] == listed[1].splitlines()
