"""A project on disk to build into, and the seam where its system calls can be made to fail."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from promgen.base.paths import LOCAL_FOLDER, LOCK_FILE
from promgen.compiler.output.lock import Lock, read_lock
from promgen.compiler.output.plan import Plan, plan_changes
from promgen.compiler.output.tree import Artifact, ArtifactKind, Tree
from promgen.compiler.output.write import apply_plan, recover

CALLS = ("fsync", "link", "mkdir", "replace", "rmdir", "unlink")
"""Every call by which a change reaches the disk."""


def artifact(
    path: str, content: str = "", *, producer: str = "", kind: ArtifactKind = ArtifactKind.RULES
) -> Artifact:
    """An artifact of which only the path matters, unless more is said."""
    return Artifact(path=path, content=content.encode(), producer=producer or f"maker of {path}", kind=kind)


def tree_of(files: Mapping[str, str]) -> Tree:
    """The tree of some files."""
    return Tree(artifact(path, content) for path, content in files.items())


class Project:
    """A folder, with what a build does to it in one call."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def plan(self, files: Mapping[str, str]) -> Plan:
        """What building these files would change."""
        return plan_changes(self.root, tree_of(files), read_lock(self.root))

    def apply(self, plan: Plan, generator: str = "1.0") -> None:
        """Carry out a plan."""
        apply_plan(self.root, plan, Lock(generator=generator, files=plan.files))

    def build(self, files: Mapping[str, str], generator: str = "1.0") -> Plan:
        """All that `promgen build` does to the disk."""
        recover(self.root)
        plan = self.plan(files)
        self.apply(plan, generator)
        return plan

    def write(self, path: str, content: str) -> None:
        """Write a file as somebody else."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode())

    def read(self, path: str) -> str:
        """The text of a file."""
        return (self.root / path).read_bytes().decode()

    def snapshot(self) -> dict[str, bytes | None]:
        """Every file with its bytes and every folder with None, without the local folder."""
        entries = (
            path for path in self.root.rglob("*") if LOCAL_FOLDER not in path.relative_to(self.root).parts
        )
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes() if path.is_file() else None
            for path in entries
        }

    def outputs(self) -> dict[str, str]:
        """Every file but the lock."""
        return {
            path: content.decode()
            for path, content in self.snapshot().items()
            if content is not None and path != LOCK_FILE
        }


@contextmanager
def at_call(
    number: int, act: Callable[[], None], *, for_good: bool = False, calls: Iterable[str] = CALLS
) -> Iterator[Callable[[], int]]:
    """Act before the n-th call that reaches the disk, or before all from then on; gives the count so far."""
    count, turn = 0, threading.Lock()

    def seam(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            with turn:
                count += 1
                is_due = count == number or (for_good and count > number)
            if is_due:
                act()
            return real(*arguments, **options)

        return call

    with ExitStack() as patches:
        for name in calls:
            patches.enter_context(mock.patch.object(os, name, seam(getattr(os, name))))
        yield lambda: count
