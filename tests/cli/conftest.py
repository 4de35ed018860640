"""A small project to run commands in, and the option that renews what they are expected to print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import promgen


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is printed into expected.txt")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """What `promgen init` writes."""
    assert promgen(tmp_path, "init", "shop").code == 0
    return tmp_path / "shop"


@pytest.fixture
def built(shop: Path) -> Path:
    """The same after its first build."""
    assert promgen(shop, "build").code == 0
    return shop
