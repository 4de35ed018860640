"""What compiled rules do to made-up samples, minute by minute, seen through promtool's rule tests.

A rule test states what is expected and prints what it got where the two differ. Each question here expects a sample that
cannot exist, so that promtool prints every answer; the test then judges the whole course of an alert instead of single
moments. Time begins at zero and all groups are evaluated every minute, in the order of their files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.real import Install, PromtoolError, Sample, load_groups, test_rules

IMPOSSIBLE = {"labels": "impossible", "value": 1}
_ANSWER = re.compile(r"^\s+got: ?(.*)$", re.MULTILINE)
_SAMPLE = re.compile(r'\{((?:[\w.]+="(?:\\.|[^"\\])*"(?:, )?)*)\} (\S+?)(?:, |$)')
_LABEL = re.compile(r'([\w.]+)="((?:\\.|[^"\\])*)"')


@dataclass(frozen=True, slots=True)
class Course:
    """The minutes at which each alert fired."""

    minutes: Mapping[frozenset[tuple[str, str]], tuple[int, ...]]

    def of(self, **labels: str) -> list[int]:
        """The minutes at which the one alert with these labels fired; empty when it never did."""
        found = self.all(**labels)
        assert len(found) <= 1, f"several alerts: {found}"
        return list(found[0][1]) if found else []

    def all(self, **labels: str) -> list[tuple[dict[str, str], tuple[int, ...]]]:
        """Every alert with these labels that fired."""
        wanted = labels.items()
        return [
            (dict(alert), minutes) for alert, minutes in self.minutes.items() if wanted <= dict(alert).items()
        ]

    @property
    def names(self) -> set[str]:
        """The names of all alerts that fired."""
        return {dict(alert)["alertname"] for alert in self.minutes}


def edges(minutes: Sequence[int]) -> int:
    """How often an alert began to fire."""
    return sum(minute - 1 not in minutes for minute in minutes)


def follow(
    install: Install,
    rule_files: Sequence[Path],
    series: Mapping[str, str],
    minutes: Iterable[int],
    *,
    scrape: str = "1m",
) -> Course:
    """When alerts fire; series are given in promtool's notation of values."""
    wanted = list(minutes)
    answers = ask(
        install, rule_files, series, [('ALERTS{alertstate="firing"}', m) for m in wanted], scrape=scrape
    )
    course: dict[frozenset[tuple[str, str]], list[int]] = {}
    for minute, samples in zip(wanted, answers, strict=True):
        for sample in samples:
            labels = frozenset(sample.labels.items()) - {("__name__", "ALERTS"), ("alertstate", "firing")}
            course.setdefault(labels, []).append(minute)
    return Course({labels: tuple(times) for labels, times in course.items()})


def ask(
    install: Install,
    rule_files: Sequence[Path],
    series: Mapping[str, str],
    questions: Sequence[tuple[str, int]],
    *,
    scrape: str = "1m",
) -> list[list[Sample]]:
    """The answers to expressions, each at a minute."""
    content = {
        "rule_files": [str(path) for path in rule_files],
        "evaluation_interval": "1m",
        "group_eval_order": list(
            dict.fromkeys(group["name"] for path in rule_files for group in load_groups(path))
        ),
        "tests": [
            {
                "interval": scrape,
                "input_series": [{"series": one, "values": values} for one, values in series.items()],
                "promql_expr_test": [
                    {"expr": expr, "eval_time": f"{minute}m", "exp_samples": [IMPOSSIBLE]}
                    for expr, minute in questions
                ],
            }
        ],
    }
    path = rule_files[0].parent / f"questions-{install.name}.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")  # every JSON text is YAML
    try:
        printed = test_rules(install, path)
    except PromtoolError as refusal:
        printed = str(refusal)
    answers = _ANSWER.findall(printed)
    assert len(answers) == len(questions), printed
    return [_samples(answer) for answer in answers]


def _samples(answer: str) -> list[Sample]:
    if answer == "nil":
        return []
    found = _SAMPLE.findall(answer)
    assert found, answer
    return [
        Sample({k: json.loads(f'"{v}"') for k, v in _LABEL.findall(labels)}, float(value))
        for labels, value in found
    ]
