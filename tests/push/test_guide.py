"""The guide to pushes is run from top to bottom against a ruler and a Prometheus, and prints what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.terminal import promgen
from tests.docs.pages import REPOSITORY
from tests.docs.test_tour import Terminal, commands, is_as_said
from tests.push.mimir import Mimir, running
from tests.real import Install, Prometheus

GUIDE = REPOSITORY / "docs/guides/push.md"
_STEP = re.compile(
    r'^```(?:yaml title="(?P<file>.+?)"|console)\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL
)
OTHERS = {"others": {"mine": {"name": "mine", "rules": [{"record": "a:b", "expr": "up"}]}}}


def test_the_guide_prints_what_it_says(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promgen(tmp_path, "init")
    monkeypatch.setenv("MIMIR_TOKEN", "s3cret")
    folder = tmp_path / "folder"
    folder.mkdir()
    with (
        running(Mimir(groups={"shop": dict(OTHERS)}, authorization="Bearer s3cret")) as mimir,
        Prometheus(install, tmp_path / "server", rule_files=[folder / "*.rules.yaml"]) as server,
    ):
        here = {
            "https://mimir.example.org": mimir.url,
            "http://localhost:9090": server.url,
            "/etc/prometheus/promgen": str(folder),
        }
        for step in _STEP.finditer(replaced(GUIDE.read_text(encoding="utf-8"), here)):
            if step["file"]:
                (tmp_path / step["file"]).write_text(step["text"], encoding="utf-8")
                continue
            for command, said in commands(step["text"]):
                printed = Terminal(tmp_path).run(command)
                if not is_as_said(_narrowed(printed), _narrowed(said)):
                    pytest.fail(f"`{command}` prints\n{printed}\nand not\n{said}")
        assert {state.group for state in server.rules()} >= {"slo/checkout/availability"}


def replaced(text: str, places: dict[str, str]) -> str:
    for shown, actual in places.items():
        text = text.replace(shown, actual)
    return text


def _narrowed(text: str) -> str:
    """With one space between columns, whose widths depend on the length of addresses."""
    return "\n".join(re.sub(r"(?<=\S) +", " ", line).rstrip() for line in text.splitlines())
