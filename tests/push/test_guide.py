"""The guide to pushes is run from top to bottom against a ruler and a Prometheus, and prints what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import promgen
from tests.docs.pages import REPOSITORY, blocks
from tests.docs.test_tour import Terminal, commands, is_as_said
from tests.push.mimir import Mimir, running
from tests.real import Install, Prometheus

GUIDE = REPOSITORY / "docs/guides/push.md"
OTHERS = {"others": {"mine": {"name": "mine", "rules": [{"record": "a:b", "expr": "up"}]}}}


def test_the_guide_prints_what_it_says(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promgen(tmp_path, "init")
    monkeypatch.setenv("MIMIR_TOKEN", "s3cret")
    folder = tmp_path / "folder"
    folder.mkdir()
    with (
        running(Mimir(groups={"shop": OTHERS}, authorization="Bearer s3cret")) as mimir,
        Prometheus(install, tmp_path / "server", rule_files=[folder / "*.rules.yaml"]) as server,
    ):
        here = {
            "https://mimir.example.org": mimir.url,
            "http://localhost:9090": server.url,
            "/etc/prometheus/promgen": str(folder),
        }
        page = tmp_path / "promgen.yaml"
        page.write_text(replaced(_project(), here), encoding="utf-8")
        for block in blocks(GUIDE, "console"):
            for command, said in commands(block.text):
                printed = Terminal(tmp_path).run(command)
                for shown, actual in here.items():
                    printed = printed.replace(actual, shown)
                if not is_as_said(_narrowed(printed), _narrowed(said)):
                    pytest.fail(f"{block}: `{command}` prints\n{printed}\nand not\n{said}")
        assert {state.group for state in server.rules()} >= {"slo/checkout/availability"}


def replaced(text: str, places: dict[str, str]) -> str:
    for shown, actual in places.items():
        text = text.replace(shown, actual)
    return text


def _project() -> str:
    """The guide's promgen.yaml."""
    text = GUIDE.read_text(encoding="utf-8").partition('```yaml title="promgen.yaml"\n')[2]
    return text.partition("```")[0]


def _narrowed(text: str) -> str:
    """Without the end of lines, which depends on the length of addresses in a table."""
    return "\n".join(line.rstrip() for line in text.splitlines())
