"""Random routing trees and label sets: few labels, few values and all operators, so that most matchers decide something."""

from __future__ import annotations

import json
from random import Random
from typing import Any

NAMES = ("team", "severity", "service", "zone")
VALUES = ("a", "b", "ab", "critical", "a b", "x,y", 'say "hi"', "back\\slash", "é", "line\nbreak")
PATTERNS = (
    *("a|b", ".*", ".+", "", "(a|b)b?", "[a-c]+", "crit.*", "^a$", "a.b", r"\w+", "(?i)CRITICAL"),
    *("x{0,2},y", ".*b", "[^a]*", "(?:ab)*", r"line\nbreak", "line.break", "^(?:a|critical)$"),
)
OPERATORS = ("=", "!=", "=~", "!~")


def random_config(random: Random, *, utf8: bool) -> dict[str, Any]:
    """A configuration that Alertmanager loads; each route but some has a receiver of its own."""
    receivers = ["root"]
    route = {"receiver": "root", "routes": _routes(random, receivers, depth=0, utf8=utf8)}
    return {"route": route, "receivers": [{"name": name} for name in receivers]}


def random_labels(random: Random, *, utf8: bool) -> dict[str, str]:
    """Labels of one alert, of which some are missing."""
    names = (*NAMES, "http.route") if utf8 else NAMES
    return {name: random.choice(VALUES) for name in names if random.random() < 0.7}


def _routes(random: Random, receivers: list[str], depth: int, *, utf8: bool) -> list[dict[str, Any]]:
    return [_route(random, receivers, depth, utf8=utf8) for _ in range(random.randint(1, 4 - depth))]


def _route(random: Random, receivers: list[str], depth: int, *, utf8: bool) -> dict[str, Any]:
    route: dict[str, Any] = {}
    if random.random() < 0.85:
        receivers.append(f"r{len(receivers)}")
        route["receiver"] = receivers[-1]
    if random.random() < 0.4:
        route["continue"] = True
    notation = random.random()
    if notation < 0.15:
        route["match"] = {random.choice(NAMES): random.choice(VALUES)}
    elif notation < 0.3:
        route["match_re"] = {random.choice(NAMES): random.choice(PATTERNS)}
    if notation > 0.2:
        route["matchers"] = [_matcher(random, utf8=utf8) for _ in range(random.choice((0, 1, 1, 1, 2)))]
    if depth < 3 and random.random() < 0.6:
        route["routes"] = _routes(random, receivers, depth + 1, utf8=utf8)
    return route


def _matcher(random: Random, *, utf8: bool) -> str:
    """In quotes or, where that means the same, without; spaces and braces as people write them."""
    operator = random.choice(OPERATORS)
    value = random.choice(VALUES if operator in {"=", "!="} else PATTERNS)
    name = random.choice((*NAMES, '"http.route"') if utf8 else NAMES)
    is_plain = value.isalnum() and value.isascii() and random.random() < 0.5
    written = value if is_plain else quoted(value)
    space = random.choice(("", " "))
    text = f"{name}{space}{operator}{space}{written}"
    return f"{{{text}}}" if random.random() < 0.1 else text


def quoted(value: str) -> str:
    """As both of Alertmanager's notations read it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def as_arguments(labels: dict[str, str]) -> list[str]:
    """The labels as amtool takes them."""
    return [f"{json.dumps(name) if '.' in name else name}={quoted(value)}" for name, value in labels.items()]
