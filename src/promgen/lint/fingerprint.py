"""What identifies a finding from one run to the next, however many lines were inserted above it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from promgen.base.diagnostics import Diagnostic

_POSITION = re.compile(r"\b(line|column) \d+\b")


def fingerprint(diagnostic: Diagnostic) -> str:
    """64 hexadecimal digits of what the finding says, and of nothing about where in its file; equal findings share it."""
    path = "" if diagnostic.span is None else diagnostic.span.file
    message = _POSITION.sub(r"\1", " ".join(diagnostic.message.split()))
    return _digest(diagnostic.problem.slug, path, diagnostic.subject, message)


def fingerprints(found: Iterable[Diagnostic]) -> list[str]:
    """One for each finding, all different: of equal ones, in the order given, the second and later are counted."""
    seen: Counter[str] = Counter()
    distinct = []
    for diagnostic in found:
        shared = fingerprint(diagnostic)
        distinct.append(_digest(shared, str(seen[shared])) if seen[shared] else shared)
        seen[shared] += 1
    return distinct


def _digest(*parts: str) -> str:
    """Each part with its length, so that no two lists of parts run together; a path may hold undecodable bytes."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
