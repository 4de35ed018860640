"""How long `promgen lint` takes for 10,000 rules: in 100 files, and in one.

Run with `make bench`. Prints the median of several runs of the whole process; asserts nothing.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 3
FILES = 100
GROUPS = 4
RULES = 25
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


def seconds(folder: Path) -> float:
    """One run of the whole process."""
    begin = time.perf_counter()
    command = (sys.executable, "-m", "promgen", "-C", str(folder), "lint", ".", "--fail-on", "error")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> None:
    """Print both figures."""
    with tempfile.TemporaryDirectory() as parent:
        many, one = Path(parent, "many"), Path(parent, "one")
        many.mkdir()
        one.mkdir()
        for file in range(FILES):
            (many / f"{file}.yml").write_text(f"groups:\n{groups_of(file)}", encoding="utf-8")
        (one / "all.yml").write_text("groups:\n" + "".join(map(groups_of, range(FILES))), encoding="utf-8")
        for name, folder in ((f"{FILES} files", many), ("one file", one)):
            taken = statistics.median(seconds(folder) for _ in range(RUNS))
            print(f"lint, {FILES * GROUPS * RULES:,} rules in {name}: {taken:.1f} s")


if __name__ == "__main__":
    main()
