"""Outputs have paths that every system can check out."""

from __future__ import annotations

import pytest

from promgen.base.paths import fold, folders_of, path_fault


@pytest.mark.parametrize(
    "path", ["rules/shop/cart.yaml", "a", "rules/.hidden", "rules/ünicode.yaml", "con-trol/auxiliary.md"]
)
def test_ordinary_paths(path: str) -> None:
    """Ordinary paths have no fault."""
    assert path_fault(path) is None


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("", "empty part"),
        ("rules//a", "empty part"),
        ("rules/", "empty part"),
        ("/etc/passwd", "absolute"),
        ("../a", "contains `..`"),
        ("rules/../../a", "contains `..`"),
        ("./a", "contains `.`"),
        ("rules\\a", "not every system"),
        ("C:/rules/a", "not every system"),
        ("rules/a\nb", "not every system"),
        ("rules/a?.yaml", "not every system"),
        ("rules/a.", "ends with a dot"),
        ("rules /a", "ends with a dot or a space"),
        ("rules/NUL", "reserved name"),
        ("aux.d/a", "reserved name"),
        ("rules/com1.test.yaml", "reserved name"),
        (".git/hooks/post-commit", "belongs to git"),
        ("rules/.GIT/config", "belongs to git"),
        ("promgen.lock", "belong to promgen"),
        ("Promgen.Lock", "belong to promgen"),
        (".promgen/state.json", "belong to promgen"),
        ("rules/" + "ü" * 200, "longer than 255 bytes"),
        ("rules/\ud800", "not every system"),
    ],
)
def test_refused_paths(path: str, fault: str) -> None:
    """Other paths are refused with the reason."""
    assert fault in (path_fault(path) or "")


def test_fold() -> None:
    """Folding ignores letter case and Unicode form."""
    assert fold("Rules/Caf\u00e9") == fold("rules/CAFE\u0301")
    assert fold("rules/a") != fold("rules/b")


def test_folders_of() -> None:
    """A file at the root lies in no folder, another in all that lead to it."""
    assert folders_of("a") == ()
    assert folders_of("a/b/c") == ("a", "a/b")
