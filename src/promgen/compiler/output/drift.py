"""How the committed output differs from what the specs give now, for `promgen check`; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from promgen.base.paths import LOCK_FILE
from promgen.compiler.output.disk import File, look
from promgen.compiler.output.lock import Lock
from promgen.compiler.output.tree import ArtifactKind, Tree


class CommitMode(StrEnum):
    """Which outputs are committed; the others are compared with the digests in the lock."""

    ALL = "all"
    RULES = "rules"
    NONE = "none"

    def includes(self, kind: ArtifactKind) -> bool:
        """Artifacts of this kind are committed."""
        loaded = {ArtifactKind.RULES, ArtifactKind.ROUTES, ArtifactKind.SCRAPING}
        return self is CommitMode.ALL or (self is CommitMode.RULES and kind in loaded)


class Difference(StrEnum):
    """How one output differs from what a build would leave."""

    MISSING = "missing"
    """Produced now, but not committed or not listed in the lock."""
    DIFFERENT = "different"
    """Committed as something else than what is produced now."""
    EDITED = "edited"
    """Changed by hand: what is produced now is what the lock says was written."""
    STALE = "stale"
    """Listed in the lock, but no longer produced."""
    UNEXPECTED = "unexpected"
    """Something that promgen did not write lies where an output belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What a build would change, and what may have caused it."""

    differences: Mapping[str, Difference]
    """By path, sorted; the lock file is an output as well."""
    locked_generator: str | None
    """The version of promgen that wrote the lock; None without a lock."""
    generator: str
    have_options_changed: bool

    @property
    def is_clean(self) -> bool:
        """A build would change nothing."""
        return not self.differences

    @property
    def has_generator_changed(self) -> bool:
        """Another version of promgen wrote the output, so the differences may not come from the specs."""
        return self.locked_generator not in {None, self.generator}


def compare(root: Path, tree: Tree, *, locked: Lock | None, expected: Lock, commit: CommitMode) -> Drift:
    """Compare the committed output with a tree; `expected` is the lock that a build would write now.

    A lock that differs only by the version of promgen is no drift: an upgrade without effect needs no commit.
    """
    listed = locked.files if locked else {}
    found: dict[str, Difference | None] = {path: Difference.STALE for path in listed if path not in tree}
    found[LOCK_FILE] = _difference_of_lock(locked, expected)
    for path, artifact in tree.items():
        if commit.includes(artifact.kind):
            found[path] = _difference_on_disk(root, path, artifact.digest, listed.get(path))
        else:
            found[path] = _difference_in_lock(artifact.digest, listed.get(path))
    return Drift(
        differences={path: difference for path, difference in sorted(found.items()) if difference},
        locked_generator=locked.generator if locked else None,
        generator=expected.generator,
        have_options_changed=locked is not None and locked.options != expected.options,
    )


def _difference_on_disk(root: Path, path: str, digest: str, listed: str | None) -> Difference | None:
    match look(root, path):
        case None:
            return Difference.MISSING
        case File(found) if found == digest:
            return None
        case File() if listed == digest:
            return Difference.EDITED
        case File() if listed is not None:
            return Difference.DIFFERENT
        case _:
            return Difference.UNEXPECTED


def _difference_in_lock(digest: str, listed: str | None) -> Difference | None:
    if listed is None:
        return Difference.MISSING
    return None if listed == digest else Difference.DIFFERENT


def _difference_of_lock(locked: Lock | None, expected: Lock) -> Difference | None:
    if locked is None:
        return Difference.MISSING
    is_same = (locked.files, locked.options, locked.meanings) == (
        expected.files,
        expected.options,
        expected.meanings,
    )
    return None if is_same else Difference.DIFFERENT
