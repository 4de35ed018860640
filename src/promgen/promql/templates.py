"""Checks the templates in annotations and labels: Go's template language with Prometheus' functions and variables.

Covers what is written by hand: actions, pipelines, blocks, variables and function names. It is stricter than Prometheus
in one point: an unknown variable is found here and not when the alert fires.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

FUNCTIONS = frozenset(
    [
        "and",
        "args",
        "call",
        "div",
        "eq",
        "first",
        "ge",
        "graphLink",
        "gt",
        "html",
        "humanize",
        "humanize1024",
        "humanizeDuration",
        "humanizePercentage",
        "humanizeTimestamp",
        "index",
        "js",
        "label",
        "le",
        "len",
        "lt",
        "match",
        "ne",
        "not",
        "or",
        "parseDuration",
        "pathPrefix",
        "externalURL",
        "print",
        "printf",
        "println",
        "query",
        "reReplaceAll",
        "safeHtml",
        "slice",
        "sortByLabel",
        "stripDomain",
        "stripPort",
        "strvalue",
        "tableLink",
        "title",
        "tmpl",
        "toDuration",
        "toLower",
        "toTime",
        "toUpper",
        "urlquery",
        "value",
        "now",
    ]
)
VARIABLES = frozenset({"$", "$labels", "$value", "$externalLabels", "$externalURL"})
_KEYWORDS = frozenset(
    {"if", "else", "end", "range", "with", "define", "template", "block", "break", "continue"}
)
_OPENING = frozenset({"if", "range", "with", "define", "block"})

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"|`[^`]*`|'(?:\\.|[^'\\])*')|(?P<variable>\$\w*)(?:\.\w+)*|(?P<field>(?:\.\w+)+|\.)
    |(?P<number>[-+]?\d[\w.]*)|(?P<word>\w+)|(?P<assign>:?=)|(?P<other>[|(),])|(?P<space>\s+)""",
    re.VERBOSE,
)


def template_fault(text: str) -> str:
    """What is wrong with a template, or nothing.

    >>> template_fault("{{ $value | humanisePercentage }}")
    'function `humanisePercentage` is unknown; did you mean `humanizePercentage`?'
    """
    rest = _ACTION.sub("", text)
    if "{{" in rest:
        return "`{{` is never closed"
    if "}}" in rest:
        return "`}}` was never opened"
    state = _State()
    for action in _ACTION.findall(text):
        if not action.startswith("/*") and (fault := state.take(action)):
            return fault
    return f"`{state.blocks[-1]}` has no `end`" if state.blocks else ""


@dataclass(slots=True)
class _State:
    """Open blocks and declared variables, as far as the template was read."""

    blocks: list[str] = field(default_factory=list)
    variables: set[str] = field(default_factory=lambda: set(VARIABLES))

    def take(self, action: str) -> str:
        if not action:
            return "an action is empty"
        tokens = _tokens(action)
        if isinstance(tokens, str):
            return tokens
        if fault := self.block(tokens):
            return fault
        self.declare(tokens)
        return next(filter(None, (self.fault_of(kind, token) for kind, token in tokens)), "")

    def block(self, tokens: list[tuple[str, str]]) -> str:
        word = tokens[0][1]
        if word in _OPENING:
            self.blocks.append(word)
        elif word in {"end", "else"} and not self.blocks:
            return f"`{word}` without a block"
        elif word == "end":
            self.blocks.pop()
        return ""

    def declare(self, tokens: list[tuple[str, str]]) -> None:
        if any(token == ":=" for _, token in tokens):
            place = next(index for index, (_, token) in enumerate(tokens) if token == ":=")
            self.variables |= {token for kind, token in tokens[:place] if kind == "variable"}

    def fault_of(self, kind: str, token: str) -> str:
        if kind == "variable" and token not in self.variables:
            return f"variable `{token}` is unknown; {_nearest(token, self.variables)}"
        if kind == "word" and token not in FUNCTIONS | _KEYWORDS | {"true", "false", "nil"}:
            return f"function `{token}` is unknown; {_nearest(token, FUNCTIONS)}"
        return ""


def _tokens(action: str) -> list[tuple[str, str]] | str:
    """Kind and text of each token, or what is wrong."""
    tokens, position = [], 0
    while position < len(action):
        match = _TOKEN.match(action, position)
        if match is None:
            return f"`{action[position:]}` is not part of a template action"
        if match.lastgroup != "space":
            tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return tokens


def _nearest(word: str, known: frozenset[str] | set[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean `{close[0]}`?" if close else "allowed: " + ", ".join(sorted(known))
