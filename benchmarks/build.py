"""How long `promgen build` takes: cold and unchanged, for 1,000 and 10,000 SLOs, and how long `promgen --version` takes.

Run with `make bench`. Prints the median and range of several runs of the whole process, with peak memory and versions;
asserts nothing.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

PROMGEN = (sys.executable, "-m", "promgen")
RUNS = 7
SLOS_PER_FILE = 4

HEAD = """\
apiVersion: promgen/v1
kind: Service
metadata: {{name: service-{number:05}, system: bench}}
spec:
  owner: platform
  criticality: high
  selector: {{job: service-{number:05}}}
  slos:
"""
SLOS = (
    """\
    - name: availability
      description: Requests are answered without a server error
      objective: 99.9%
      window: 30d
      groupBy: [region]
      sli:
        ratio:
          total: {metric: http_requests_total}
          bad: {selector: {code: {matches: "5.."}}}
""",
    """\
    - name: latency
      description: Requests are answered within 500 ms
      objective: 99%
      window: 30d
      sli:
        latency: {histogram: http_request_duration_seconds, below: 500 ms}
      alerting: {lowTraffic: {minBadEvents: 5}}
""",
    """\
    - name: jobs
      description: Jobs end well
      objective: 99.5%
      window: {calendar: month}
      sli:
        promql:
          total: sum by (queue) (rate(jobs_total[$window]))
          bad: sum by (queue) (rate(jobs_total{state="failed"}[$window]))
""",
    """\
    - name: freshness
      description: Data is at most five minutes old
      objective: 99%
      window: 30d
      sli:
        gauge: {expr: "time() - max by (feed) (feed_last_update_timestamp_seconds)", below: 300 s, unit: seconds}
""",
)


class Run(NamedTuple):
    """One whole process."""

    seconds: float
    mebibytes: float


def main() -> None:
    """Measure and print."""
    print_environment()
    report("promgen --version", measure([*PROMGEN, "--version"]))
    for slos in (1_000, 10_000):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            write_project(root, slos)
            build = [*PROMGEN, "-C", folder, "build"]
            runs = RUNS if slos < 5_000 else 3
            report(
                f"cold build of {slos:,} SLOs",
                measure(build, runs=runs, before=lambda root=root: clean(root)),
            )
            print(f"  {count_rules(root):,} rules in {slos // SLOS_PER_FILE:,} files")
            report(f"unchanged build of {slos:,} SLOs", measure(build, runs=runs))


def write_project(root: Path, slos: int) -> None:
    """A project of services with four SLOs of different kinds each, one service a file."""
    specs = root / "slo-specs"
    specs.mkdir()
    (root / "promgen.yaml").write_text("apiVersion: promgen/v1\nkind: Project\n")
    (specs / "team.yaml").write_text(
        "apiVersion: promgen/v1\nkind: Team\nmetadata: {name: platform}\nspec: {}\n"
    )
    for number in range(slos // SLOS_PER_FILE):
        (specs / f"service-{number:05}.yaml").write_text(HEAD.format(number=number) + "".join(SLOS))


def clean(root: Path) -> None:
    """Take away what a build left."""
    for name in ("rules", ".promgen"):
        shutil.rmtree(root / name, ignore_errors=True)
    (root / "promgen.lock").unlink(missing_ok=True)


def measure(command: list[str], *, runs: int = RUNS, before: Callable[[], None] = lambda: None) -> list[Run]:
    """Whole processes, one warm-up first; memory is the peak the system counted for that process."""
    results = []
    for _ in range(runs + 1):
        before()
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        results.append(Run(time.perf_counter() - start, usage.ru_maxrss / 1024))
        if status:
            raise SystemExit(f"{command} failed")
    return results[1:]


def count_rules(root: Path) -> int:
    """Rules in all files of a project."""
    return sum(
        text.count("- record: ") + text.count("- alert: ")
        for text in (path.read_text() for path in root.glob("rules/**/*.rules.yaml"))
    )


def report(what: str, runs: list[Run]) -> None:
    """Median, range and peak memory in one line."""
    seconds = [run.seconds for run in runs]
    print(
        f"{what:32} {statistics.median(seconds):7.3f} s  ({min(seconds):.3f} to {max(seconds):.3f}, {len(runs)} runs)"
        f"  {max(run.mebibytes for run in runs):6.0f} MiB"
    )


def print_environment() -> None:
    """What the figures were measured with."""
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("pydantic", "PyYAML", "promql-parser", "orjson", "click")
    )
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores; {packages}")


if __name__ == "__main__":
    main()
