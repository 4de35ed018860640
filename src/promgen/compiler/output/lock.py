"""The manifest `promgen.lock`: which files promgen wrote and what it made them from.

It is committed beside the output, has one line per file so that branches merge easily, and is the only
authority on what promgen may overwrite or delete. It says nothing about when or where a build ran.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from promgen.base.errors import OutsideError
from promgen.base.paths import LOCK_FILE, path_fault

SCHEMA = 1

_CONFLICT_MARKER = re.compile(rb"^(?:<{7} |={7}\r?$|>{7} )", re.MULTILINE)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RESTORE = "restore it from version control, then run `promgen build`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What the last build wrote."""

    generator: str
    """The version of promgen."""
    options: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str]
    """The digest of every output, by path."""
    meanings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What each SLO measures, by its identity; compared by the compiler, opaque here."""


def digest_of(content: bytes) -> str:
    """The digest that locks list: SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read_lock(root: Path) -> Lock | None:
    """The lock of a project, None without one; raise OutsideError saying what to do when unusable."""
    try:
        content = (root / LOCK_FILE).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutsideError(f"cannot read {LOCK_FILE}: {error.strerror}") from error
    return parse_lock(content)


def parse_lock(content: bytes) -> Lock:
    """Read the text of a lock; raise OutsideError that says what to do when it is not one."""
    if marker := _CONFLICT_MARKER.search(content):
        line = content.count(b"\n", 0, marker.start()) + 1
        raise OutsideError(
            f"{LOCK_FILE}:{line} has merge-conflict markers; keep either side, then run `promgen build`, "
            "which brings it up to date"
        )
    try:
        data = json.loads(content)
    except ValueError as error:
        raise OutsideError(f"{LOCK_FILE} is not valid JSON ({error}); {_RESTORE}") from error
    if not isinstance(data, dict) or not isinstance(data.get("schema"), int):
        raise OutsideError(f"{LOCK_FILE} is not a lock of promgen: it has no `schema`; {_RESTORE}")
    if data["schema"] > SCHEMA:
        raise OutsideError(
            f"{LOCK_FILE} has schema {data['schema']}, and this version of promgen reads schema {SCHEMA}; "
            f"use promgen {data.get('generator')}, which wrote it, or a newer one"
        )
    return _lock_from(data)


def format_lock(lock: Lock) -> bytes:
    """The bytes of the lock file: sorted, one line per file and per SLO."""
    meanings = {identity: _one_line(meaning) for identity, meaning in lock.meanings.items()}
    parts = {
        "files": _block({path: json.dumps(digest) for path, digest in lock.files.items()}),
        "generator": _one_line(lock.generator),
        "meanings": _block(meanings),
        "options": _one_line(lock.options),
        "schema": str(SCHEMA),
    }
    return ("{\n" + ",\n".join(f'  "{name}": {text}' for name, text in parts.items()) + "\n}\n").encode()


def _one_line(value: str | Mapping[str, str]) -> str:
    return json.dumps(value if isinstance(value, str) else dict(value), ensure_ascii=False, sort_keys=True)


def _block(values: Mapping[str, str]) -> str:
    if not values:
        return "{}"
    lines = ",\n".join(f"    {_one_line(name)}: {values[name]}" for name in sorted(values))
    return f"{{\n{lines}\n  }}"


def _lock_from(data: dict[str, Any]) -> Lock:
    generator, options = data.get("generator"), data.get("options")
    files, meanings = data.get("files"), data.get("meanings")
    if not isinstance(generator, str):
        raise _malformed("generator", "must be a version")
    if not _is_text_table(options):
        raise _malformed("options", "must map names to text")
    if not _is_text_table(files) or not all(map(_DIGEST.fullmatch, files.values())):
        raise _malformed("files", "must map paths to SHA-256 digests")
    for path in files:
        if fault := path_fault(path):
            raise _malformed("files", f"lists `{path}`, which no output may be called: {fault}")
    if not isinstance(meanings, dict) or not all(map(_is_text_table, meanings.values())):
        raise _malformed("meanings", "must map SLOs to tables of text")
    return Lock(generator=generator, options=options, files=files, meanings=meanings)


def _malformed(key: str, what: str) -> OutsideError:
    return OutsideError(f"{LOCK_FILE}: `{key}` {what}; {_RESTORE}")


def _is_text_table(value: object) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
