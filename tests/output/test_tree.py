"""A tree holds what can exist side by side on every system, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promgen.compiler.output.tree import ConflictError, PathError, Tree
from tests.output.project import artifact


def test_iteration() -> None:
    """Iteration is sorted, whatever the order of adding."""
    tree = Tree(map(artifact, ["rules/b", "docs/a", "rules/a"]))
    assert list(tree) == ["docs/a", "rules/a", "rules/b"]
    assert len(tree) == 3
    assert tree["docs/a"].path == "docs/a"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("rules/a", "rules/a"),
        ("rules/a", "rules/A"),
        ("rules/a", "Rules/b"),
        ("rules/caf\u00e9", "rules/cafe\u0301"),
        ("rules/a", "rules/a/b"),
        ("rules/a/b", "rules/a"),
        ("rules/a/b", "rules/A"),
    ],
)
def test_conflict(first: str, second: str) -> None:
    """A conflict names both producers and adds nothing."""
    tree = Tree([artifact(first, producer="the first")])
    with pytest.raises(ConflictError) as caught:
        tree.add(artifact(second, producer="the second"))
    assert "the first" in str(caught.value)
    assert "the second" in str(caught.value)
    assert list(tree) == [first]
    tree.add(artifact("rules/other"))


def test_bad_path() -> None:
    """A bad path names its producer and the reason."""
    with pytest.raises(PathError, match=r"^the shop cannot write `\.\./a`: it contains `\.\.`$"):
        Tree([artifact("../a", producer="the shop")])


@given(st.permutations(["rules/a", "rules/b/c", "rules/b/d", "docs/e"]))
def test_order_of_adding(paths: list[str]) -> None:
    """The order of adding leaves no trace."""
    tree = Tree(artifact(path, path) for path in paths)
    assert list(tree.digests().items()) == sorted(tree.digests().items())
