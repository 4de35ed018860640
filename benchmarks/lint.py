"""How long `promgen lint` takes: for 10,000 generated rules in 100 files and in one, or for folders of rules.

Run with `make bench`, or as `python benchmarks/lint.py [FOLDER]...`. Prints rules, files, the median and range of several
runs of the whole process, peak memory and versions; asserts nothing.
"""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

RUNS = 3
FILES = 100
GROUPS = 4
RULES = 25
SUFFIXES = {".yaml", ".yml", ".rules"}
RULE = re.compile(r"""^[ \t-]*["']?(?:alert|record)["']?:""", re.MULTILINE)
RECORD = """\
      - record: job:app{file}_{rule}:rate5m
        expr: sum by (job) (rate(app{file}_{rule}_total{{job="api-{group}",code=~"5.."}}[5m]))
"""
ALERT = """\
      - alert: App{file}Group{group}Rule{rule}
        expr: |
          sum by (job, instance) (rate(app{file}_{rule}_errors_total{{job="api-{group}"}}[5m]))
            / sum by (job, instance) (rate(app{file}_{rule}_total{{job="api-{group}"}}[5m])) > 0.0{rule}
        for: 10m
        labels: {{severity: page, team: team-{group}}}
        annotations:
          summary: "{{{{ $labels.instance }}}} fails {{{{ $value | humanizePercentage }}}}"
          runbook_url: https://runbooks.example.com/{file}/{rule}
"""


def groups_of(file: int) -> str:
    """The groups of one file; a third of the rules record."""
    lines = []
    for group in range(GROUPS):
        lines.append(f"  - name: app-{file}-{group}\n    rules:\n")
        for rule in range(RULES):
            shape = ALERT if rule % 3 else RECORD
            lines.append(shape.format(file=file, group=group, rule=rule))
    return "".join(lines)


class Run(NamedTuple):
    """One whole process, and what it says it looked at."""

    seconds: float
    mebibytes: float
    looked_at: str


def main() -> None:
    """Measure the folders that are named, or generated ones, and print."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("promql-parser", "PyYAML", "click"))
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores; {packages}")
    for name in sys.argv[1:]:
        report(Path(name).name, Path(name))
    if len(sys.argv) == 1:
        with tempfile.TemporaryDirectory() as folder:
            many, one = write_rules(Path(folder))
            report(f"{FILES} files", many)
            report("one file", one)


def write_rules(parent: Path) -> tuple[Path, Path]:
    """A folder with the rules in many files, and one with the same in one."""
    many, one = parent / "many", parent / "one"
    many.mkdir()
    one.mkdir()
    for file in range(FILES):
        (many / f"{file}.yml").write_text(f"groups:\n{groups_of(file)}", encoding="utf-8")
    (one / "all.yml").write_text("groups:\n" + "".join(map(groups_of, range(FILES))), encoding="utf-8")
    return many, one


def report(what: str, folder: Path) -> None:
    """Rules, median and range of the seconds, peak memory, and what was found."""
    runs = [measure(folder) for _ in range(RUNS)]
    seconds = [run.seconds for run in runs]
    print(
        f"lint {what:12} {count_rules(folder):6,} rules {statistics.median(seconds):7.2f} s"
        f"  ({min(seconds):.2f} to {max(seconds):.2f}, {RUNS} runs)"
        f"  {max(run.mebibytes for run in runs):4.0f} MiB; {runs[0].looked_at}"
    )


def measure(folder: Path) -> Run:
    """One run of the whole process; findings are no failure, and the last line sums them up."""
    command = (sys.executable, "-m", "promgen", "-C", str(folder), "lint", ".")
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read() if process.stdout is not None else ""
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in {0, 1}:
        raise SystemExit(f"{command} failed")
    return Run(time.perf_counter() - start, usage.ru_maxrss / 1024, printed.strip().rpartition("\n")[2])


def count_rules(folder: Path) -> int:
    """Rules in all files of a folder, as far as their keys stand on lines of their own."""
    files = (path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    return sum(len(RULE.findall(path.read_text(encoding="utf-8", errors="replace"))) for path in files)


if __name__ == "__main__":
    main()
