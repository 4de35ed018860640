"""Draws the findings whose verdicts stand in verdicts.md: `python docs/precision/draw.py FOLDER`.

FOLDER holds a checkout of each set, under the names below; the seed was committed before the first draw. Prints the drawn
findings as JSON, to be judged one by one with the rule at hand.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

SEED = 20261121
DRAWN = 100

SETS = {
    "awesome-prometheus-alerts": ("samber/awesome-prometheus-alerts", "a8533189af02", "dist/rules/**/*.yml"),
    "kube-prometheus": (
        "prometheus-operator/kube-prometheus",
        "4d719f1dea88",
        "manifests/*prometheusRule.yaml",
    ),
    "operations-alerts": ("wikimedia/operations-alerts", "859092e559a1", "team-*/*.yaml"),
}
"""Folder, repository, commit, and which of its files: a catalogue for everybody, the rules of Kubernetes clusters, and those
of an organisation with many teams."""


def main(folder: Path) -> None:
    """Lint the sets with everything that is on by default, and print a sample of what was found."""
    found = [finding for name in SETS for finding in findings(folder / name, SETS[name][2])]
    drawn = random.Random(SEED).sample(found, DRAWN)
    print(json.dumps({"found": len(found), "drawn": drawn}, indent=1))


def findings(checkout: Path, pattern: str) -> list[dict[str, str]]:
    """What `promgen lint` finds in the files of one set, in order."""
    files = sorted(
        str(path.relative_to(checkout)) for path in checkout.glob(pattern) if "_test" not in path.name
    )
    command = [sys.executable, "-m", "promgen", "--format", "json", "lint", *files]
    printed = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False).stdout
    return [
        {"set": checkout.name, "file": f"{row['place']['file']}:{row['place']['line']}"}
        | {name: row[name] for name in ("problem", "subject", "message")}
        for row in json.loads(printed)["problems"]
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
