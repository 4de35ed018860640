"""Reading YAML: the strict subset, hostile files, and places that are exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promgen.base.diagnostics import Diagnostics
from promgen.compiler.source.nodes import Mapping, Scalar, find, plain
from promgen.compiler.source.places import locate
from promgen.compiler.source.yamltext import MAX_NODES, parse_documents


def read(text: str) -> tuple[object, list[str]]:
    """The data of the first document, and slug, place and message of each problem."""
    diagnostics = Diagnostics()
    documents = parse_documents(text, "f.yaml", diagnostics)
    root = documents[0].root if documents else None
    found = [f"{one.problem.slug} {one.span} {one.message}" for one in diagnostics.sorted()]
    return (plain(root) if root is not None else None), found


def scalar_of(text: str, *path: str | int) -> Scalar:
    """The scalar at a path of the first document."""
    root = parse_documents(text, "f.yaml", Diagnostics())[0].root
    assert isinstance(root, Mapping)
    node, _ = find(root, path)
    assert isinstance(node, Scalar)
    return node


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("012", 12),
        ("0x1F", "0x1F"),
        ("1e3", 1000.0),
        ("1:30", "1:30"),
        ("~", None),
        ("2026-01-01", "2026-01-01"),
        ("'5'", "5"),
        (".5", 0.5),
        ("1.2.3", "1.2.3"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    """`no` is Norway, a time is text, and a number is a number."""
    assert read(f"a: {text}") == ({"a": value}, [])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2", "source/duplicate-key f.yaml:2:1 key `a` is defined twice"),
        ("a: &x 1\nb: *y", "source/yaml-syntax f.yaml:2:4 alias `*y` has no anchor before it"),
        (
            "a: !!python/object:os.system x",
            "source/unsupported-yaml f.yaml:1:4 tag `tag:yaml.org,2002:python/object:os.system`",
        ),
        ("<<: {}", "source/unsupported-yaml f.yaml:1:1 merge key `<<`"),
        ("? [a]\n: b", "source/unsupported-yaml f.yaml:1:3 a key that is not text"),
        ("a: &a [*a]", "source/yaml-syntax f.yaml:1:8 alias `*a` has no anchor before it"),
        ("a: \x01", "source/yaml-syntax f.yaml:1:4 control characters are not allowed"),
        ("[" * 100_000, "source/too-deep f.yaml:1:41 nested too deeply"),
    ],
)
def test_what_reads_differently_elsewhere_is_refused_at_its_place(text: str, problem: str) -> None:
    """One problem, one exact place."""
    assert read(text)[1] == [problem]


def test_aliases_that_multiply_are_stopped() -> None:
    """Eight lines that would expand to a hundred million values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    _, found = read("\n".join(lines))
    assert found == [
        f"source/too-many-nodes f.yaml:6:6 more than {MAX_NODES:,} values once aliases are expanded"
    ] or (len(found) == 1 and found[0].startswith("source/too-many-nodes"))


def test_an_alias_shares_its_value() -> None:
    """Ordinary use of anchors goes on working."""
    assert read("a: &x {k: [1]}\nb: *x") == ({"a": {"k": [1]}, "b": {"k": [1]}}, [])


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    """Law: whatever is read, the answer is data or a problem with a place inside of the text."""
    diagnostics = Diagnostics()
    parse_documents(text, "f.yaml", diagnostics)
    lines = (
        text.count("\n")
        + text.count("\r")
        + text.count("\x85")
        + text.count("\u2028")
        + text.count("\u2029")
        + 2
    )
    assert all(one.span is not None and 1 <= one.span.line <= lines for one in diagnostics.sorted())


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("expr: sum(oops)", (1, 11)),
        ("expr: 'sum(oops)'", (1, 12)),
        ('expr: "\\"\\u0041 sum(oops)"', (1, 21)),
        ("expr: 'it''s sum(oops)'", (1, 18)),
        ("expr: |\n  sum(\n    oops)", (3, 5)),
        ("expr: |-\n\n  sum(oops)", (3, 7)),
        ("expr: >\n  sum(\n  oops)\n", (3, 3)),
        ("expr: sum(\n  oops)", (2, 3)),
    ],
)
def test_a_place_inside_of_a_value_is_found_in_the_file(text: str, place: tuple[int, int]) -> None:
    """However the value was written: plain, quoted, folded or literal."""
    scalar = scalar_of(text, "expr")
    span = locate(text, scalar, str(scalar.value).index("oops"), 4)
    assert (span.line, span.column) == place
    assert text.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1] == "oops"
