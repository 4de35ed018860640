"""The cases of the guide do what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import as_json
from tests.compiler.projects import write_project
from tests.docs.pages import REPOSITORY, Block, blocks
from tests.docs.test_guides import AROUND, whole
from tests.real import Install

EXAMPLES = list(blocks(REPOSITORY / "docs/guides/proof.md", "yaml"))


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_the_cases_of_an_example_hold(block: Block, tmp_path: Path, install: Install) -> None:
    write_project(tmp_path, {"around.yaml": AROUND, "cart.yaml": whole(block)})
    names = block.text.count("- name: ") - len(
        [line for line in block.text.split("\n") if line[:4] == "  - "]
    )
    data = as_json(tmp_path, "test", "--promtool", str(install.promtool)).data
    written = [case for case in data["cases"] if f"name: {case['case']}" in block.text]
    assert len(written) == names > 1
    assert [case for case in written if case["status"] != "passed"] == []
