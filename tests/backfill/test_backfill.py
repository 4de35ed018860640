"""A new SLO has its history at once: the printed commands are run as they are, with the real promtool."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from promgen.cli import cli
from promgen.compiler.pipeline import Compilation
from tests.compiler.projects import compile_files, rule, rules_of, service, write_project
from tests.real import History, Install, counter

DAY = 86_400
END = 1_767_225_600  # 2026-01-01
START = END - 9 * DAY

FILES = {
    "cart.yaml": service(
        """
        slos:
          - name: availability
            objective: 99.9%
            window: 7d
            groupBy: [region]
            sli:
              ratio:
                total: {metric: requests_total}
                bad: {selector: {code: "500"}}
        """
    )
}


def requests_per_minute(moment: int) -> int:
    """A hundred times as many by day as by night."""
    return 600 if moment % DAY < DAY // 2 else 6


def errors_per_minute(moment: int) -> int:
    """Errors by night only, where a mean of ratios would count them a hundredfold."""
    return 0 if moment % DAY < DAY // 2 else 1


def history(install: Install, folder: Path) -> History:
    """Nine days of two regions, one of which never failed."""
    times = range(START, END + 1, 60)
    past = History(install, folder)
    past.add(
        counter("requests_total", {"code": "200", "region": "eu"}, times, requests_per_minute),
        counter("requests_total", {"code": "500", "region": "eu"}, times, errors_per_minute),
        counter("requests_total", {"code": "200", "region": "us"}, times, requests_per_minute),
    )
    return past


def commands(root: Path, folder: Path) -> list[str]:
    """The commands as a user would copy them."""
    arguments = ["-C", str(root), "explain", "availability", "--backfill", str(folder)]
    printed = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert printed.exit_code == 0
    return [line.strip() for line in printed.output.splitlines() if line.strip().startswith("promtool ")]


def blocks(compiled: Compilation) -> list[dict[str, object]]:
    """The rules of the current block, as the first evaluation after the backfill runs them."""
    rules = (one for one in rules_of(compiled) if "block" in one.name)
    return [{"record": one.name, "expr": one.expr, "labels": one.labels} for one in rules]


@pytest.mark.slow
def test_the_printed_commands_give_a_new_slo_its_whole_period(install: Install, tmp_path: Path) -> None:
    """The error ratio and coverage of the period are those of the counted events, on the first evaluation."""
    root = tmp_path / "project"
    root.mkdir()
    write_project(root, FILES)
    past = history(install, tmp_path / "prometheus")
    for command in commands(root, tmp_path / "backfill"):
        with past.serve() as server:
            environment = {
                **os.environ,
                "PROMETHEUS_URL": server.url,
                "PROMETHEUS_DATA": str(past.folder / "data"),
                "START": str(START),
                "END": str(END),
            }
            line = command.replace("promtool", str(install.promtool), 1)
            subprocess.run(
                ["/bin/sh", "-c", line], env=environment, check=True, capture_output=True, timeout=200
            )

    compiled = compile_files(root, FILES)
    bad, total, observed = (
        rule(compiled, f"slo:{what}:period").expr
        for what in ("bad_events", "total_events", "observed_seconds")
    )
    now = END - DAY - 1800
    within = range(now - 7 * DAY - 1800, now, 60)
    true_total = sum(requests_per_minute(moment) + errors_per_minute(moment) for moment in within)
    true_bad = sum(map(errors_per_minute, within))
    past.backfill([{"name": "live", "interval": "1m", "rules": blocks(compiled)}], start=now, end=now)
    with past.serve() as server:
        for region, bad_events in (("eu", true_bad), ("us", 0)):
            got = {
                name: next(one.value for one in server.query(expr, now) if one.labels["region"] == region)
                for name, expr in (("bad", bad), ("total", total), ("observed", observed))
            }
            assert got["bad"] == pytest.approx(bad_events, rel=0.005, abs=0.5)
            assert got["total"] == pytest.approx(true_total - (true_bad - bad_events), rel=0.005)
            assert got["observed"] == pytest.approx(len(within) * 60, rel=0.005)
