"""The lock reads back as it was written, merges line by line, and says what to do when it is unusable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promgen.base.errors import OutsideError
from promgen.compiler.output.lock import Lock, digest_of, format_lock, parse_lock, read_lock

A, B = digest_of(b"a"), digest_of(b"b")
LOCK = Lock(
    generator="1.2",
    options={"dialect": "prometheus-3", "commit": "all"},
    files={"rules/b.yaml": B, "rules/a.yaml": A},
    meanings={"shop/cart/latency": {"good": "x", "expr": "sum(é)"}},
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
tables = st.dictionaries(text, text, max_size=3)
paths = st.lists(st.sampled_from(["a", "b", "c.yaml", "é"]), min_size=1, max_size=3).map("/".join)
locks = st.builds(
    Lock,
    generator=text,
    options=tables,
    files=st.dictionaries(paths, st.binary().map(digest_of)),
    meanings=st.dictionaries(text, tables, max_size=3),
)


def test_format() -> None:
    """The format has one line per file and one per SLO, all sorted."""
    assert format_lock(LOCK).decode() == (
        "{\n"
        '  "files": {\n'
        f'    "rules/a.yaml": "{A}",\n'
        f'    "rules/b.yaml": "{B}"\n'
        "  },\n"
        '  "generator": "1.2",\n'
        '  "meanings": {\n'
        '    "shop/cart/latency": {"expr": "sum(é)", "good": "x"}\n'
        "  },\n"
        '  "options": {"commit": "all", "dialect": "prometheus-3"},\n'
        '  "schema": 1\n'
        "}\n"
    )


@given(locks)
def test_round_trip(lock: Lock) -> None:
    """A lock reads back as it was, also when a checkout has changed its line ends."""
    assert parse_lock(format_lock(lock)) == lock
    assert parse_lock(format_lock(lock).replace(b"\n", b"\r\n")) == lock


@given(st.permutations(list(LOCK.files.items())))
def test_insertion_order(files: list[tuple[str, str]]) -> None:
    """The bytes do not depend on the order of insertion."""
    lock = Lock(generator="1.2", options=LOCK.options, files=dict(files), meanings=LOCK.meanings)
    assert format_lock(lock) == format_lock(LOCK)


def test_no_lock(tmp_path: Path) -> None:
    """A project without a lock has none."""
    assert read_lock(tmp_path) is None


def test_unreadable_lock(tmp_path: Path) -> None:
    """A lock that cannot be read is an outside error."""
    (tmp_path / "promgen.lock").mkdir()
    with pytest.raises(OutsideError, match=r"^cannot read promgen\.lock: "):
        read_lock(tmp_path)


def changed(**parts: object) -> bytes:
    """The lock with some parts replaced."""
    return json.dumps({**json.loads(format_lock(LOCK)), **parts}).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"not valid JSON .*restore it from version control"),
        (b'{"files": {', r"not valid JSON .*line 1 column"),
        (b"\xff\xfe\x00", r"not valid JSON"),
        (b"[]", r"no `schema`"),
        (b"{}", r"no `schema`"),
        (
            changed(schema=2, generator="9.0"),
            r"has schema 2, .* reads schema 1; use promgen 9\.0, which wrote it",
        ),
        (changed(generator=1), r"`generator` must be a version"),
        (changed(options={"a": 1}), r"`options` must map names to text"),
        (changed(files=[]), r"`files` must map paths to SHA-256 digests"),
        (changed(files={"a": "123"}), r"`files` must map paths to SHA-256 digests"),
        (changed(files={"../../etc/passwd": A}), r"`files` lists `\.\./\.\./etc/passwd`, .*contains `\.\.`"),
        (changed(files={".git/config": A}), r"`files` lists `\.git/config`"),
        (changed(meanings={"a": "b"}), r"`meanings` must map SLOs to tables of text"),
    ],
)
def test_unusable_lock(content: bytes, message: str) -> None:
    """An unusable lock says why and what to do."""
    with pytest.raises(OutsideError, match=message):
        parse_lock(content)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_conflict_markers(newline: str) -> None:
    """Conflict markers are recognised, with their line."""
    lines = [
        "{",
        "<<<<<<< HEAD",
        '  "generator": "1",',
        "=======",
        '  "generator": "2",',
        ">>>>>>> other",
        "}",
    ]
    with pytest.raises(OutsideError, match=r"^promgen\.lock:2 has merge-conflict markers; keep either side"):
        parse_lock(newline.join(lines).encode())
