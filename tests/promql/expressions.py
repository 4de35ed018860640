"""Strategies for hypothesis: valid expressions of every construct, and texts that only look like some."""

from __future__ import annotations

from hypothesis import strategies as st

from promgen.promql import LabelMatcher, MatchOperator, format_labels, format_selector

LABELS = st.sampled_from(["a", "job", "le", "or", "by", "http.route", "naïve label", 'quo"te'])
METRICS = st.sampled_from(
    ["up", "errors_total", "a:b:c", "sum", "by", "offset", "and", "inf_total", "http.requests"]
)
DURATIONS = st.sampled_from(["5m", "1h30m", "90s", "300", "1d", "1w", "250ms", "$window"])
FIXED_DURATIONS = st.sampled_from(["5m", "1h30m", "90s", "1d"])
GAPS = st.sampled_from(["", " ", "\n  ", " # not [ a ) comment\n"])
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
OPERATORS: st.SearchStrategy[MatchOperator] = st.sampled_from(["=", "!="])


def matchers() -> st.SearchStrategy[list[LabelMatcher]]:
    """Matchers with any value, and regular expressions with escapes."""
    plain = st.builds(LabelMatcher, LABELS, OPERATORS, VALUES)
    patterns = st.sampled_from([r"5..", r"\d+", r"/v1/\.", 'a"b|c', ""])
    by_pattern = st.builds(LabelMatcher, LABELS, st.sampled_from(["=~", "!~"]), patterns)
    return st.lists(plain | by_pattern, max_size=3)


SELECTORS = st.builds(format_selector, METRICS, matchers())
GROUPINGS = st.lists(LABELS, max_size=3).map(format_labels)


@st.composite
def _modified(draw: st.DrawFn) -> str:
    text = draw(SELECTORS)
    return text + draw(
        st.sampled_from(["", " offset 5m", " offset -1h", " @ 1700000000", " @ end() offset 5m"])
    )


@st.composite
def _ranges(draw: st.DrawFn, vectors: st.SearchStrategy[str]) -> str:
    if draw(st.booleans()):
        return f"{draw(SELECTORS)}[{draw(DURATIONS)}]" + draw(st.sampled_from(["", " offset 1h"]))
    step = draw(st.sampled_from(["", "1m", "$window"]))
    return f"({draw(vectors)})[{draw(DURATIONS)}:{step}]" + draw(st.sampled_from(["", " @ start()"]))


@st.composite
def _calls(draw: st.DrawFn, vectors: st.SearchStrategy[str]) -> str:
    inner, gap = draw(vectors), draw(GAPS)
    function = draw(
        st.sampled_from(["abs(?)", "absent(?)", "vector(scalar(?))", "clamp(?, 0, 1)", "-?", "(?)"])
    )
    if draw(st.booleans()):
        return f"{draw(st.sampled_from(['rate', 'avg_over_time']))}({gap}{draw(_ranges(vectors))}{gap})"
    return function.replace("?", f"({gap}{inner})")


@st.composite
def _aggregations(draw: st.DrawFn, vectors: st.SearchStrategy[str]) -> str:
    name = draw(st.sampled_from(["sum(", "max(", "topk(3, ", 'count_values("v", ', "quantile(0.9, "]))
    grouping = draw(st.sampled_from(["", "by", "without"]))
    clause = f" {grouping} ({draw(GROUPINGS)}) " if grouping else ""
    inner = draw(vectors)
    if draw(st.booleans()):
        return f"{name[: name.index('(')]}{clause}{name[name.index('(') :]}{inner})"
    return f"{name}{inner}){clause}"


@st.composite
def _operations(draw: st.DrawFn, vectors: st.SearchStrategy[str]) -> str:
    matching = draw(st.sampled_from(["", " on (?)", " ignoring (?)"])).replace("?", draw(GROUPINGS))
    operator = draw(st.sampled_from(["+", "/", "^", "%", "atan2", ">", "== bool", "and", "or", "unless"]))
    if matching and operator not in {"and", "or", "unless"}:
        matching += draw(st.sampled_from(["", " group_left ()", " group_right ()"]))
    left, right, gap = draw(vectors), draw(vectors), draw(GAPS)
    return f"({left}){gap}{operator}{matching} ({right})"


def _larger(vectors: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    numbers = st.sampled_from(["1", "0.0144", "1e3", "Inf", "time()"])
    with_numbers = st.builds("({}) {} {}".format, vectors, st.sampled_from(["*", ">", "<= bool"]), numbers)
    return _calls(vectors) | _aggregations(vectors) | _operations(vectors) | with_numbers


VECTORS = st.recursive(_modified(), _larger, max_leaves=6)
"""Expressions that give a vector; almost all of them are valid, see `is_accepted` in the tests."""

WORDS = "sum rate by without on ignoring group_left bool offset and or unless atan2 a up inf 1 5m 0x1F 1e9 $window $x"
SIGNS = r""" "s" ' " ` \ ( ) [ ] { } , : = != =~ !~ == > < + - * / ^ % @ # é """
PIECES = st.sampled_from([*WORDS.split(), *SIGNS.split(), "\n"])
TEXTS = (
    st.lists(PIECES, max_size=25).map(" ".join)
    | st.lists(PIECES, max_size=25).map("".join)
    | st.text(max_size=40)
)
"""Texts of PromQL's pieces without its grammar, and any text at all."""
