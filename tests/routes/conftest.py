"""The long comparison with amtool runs only when it is asked for: `pytest -m slow tests/routes`."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect this folder's slow tests where no marker is named."""
    if config.option.markexpr:
        return
    left_out = [
        item
        for item in items
        if item.get_closest_marker("slow") and __package__ in item.nodeid.replace("/", ".")
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
