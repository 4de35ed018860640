"""The guide to costs is run from top to bottom against real servers, and prints what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import promgen
from tests.docs.pages import REPOSITORY, blocks
from tests.docs.test_tour import Terminal, commands, is_as_said
from tests.real import Install, Prometheus, ScrapeTarget

GUIDE = REPOSITORY / "docs/guides/cost-and-inventory.md"
URL = "http://localhost:9090"


def checkout() -> str:
    """Four pods of the checkout service, all of which fail sometimes, and two queues."""
    lines = ["# TYPE http_requests_total counter"]
    for pod in range(4):
        for path in ("/basket", "/pay", "/order"):
            for code in ("200", "404", "500", "503"):
                lines.append(f'http_requests_total{{pod="checkout-{pod}",path="{path}",code="{code}"}} 1')
    lines.append("# TYPE checkout_queue_length gauge")
    lines += [f'checkout_queue_length{{provider="{provider}"}} 3' for provider in ("card", "transfer")]
    return "\n".join(lines) + "\n"


def test_the_guide_prints_what_it_says(install: Install, tmp_path: Path) -> None:
    promgen(tmp_path, "init")
    terminal = Terminal(tmp_path)
    with (
        ScrapeTarget(checkout, job="checkout") as target,
        Prometheus(install, tmp_path / "server", scrape_targets=[target], scrape_interval="15s") as server,
    ):
        server.wait_until(lambda: server.query("checkout_queue_length"))
        for block in blocks(GUIDE, "console"):
            for command, said in commands(block.text):
                printed = terminal.run(command.replace(URL, server.url))
                if not is_as_said(printed, said):
                    pytest.fail(f"{block}: `{command}` prints\n{printed}\nand not\n{said}")
