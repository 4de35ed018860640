"""What documents about routing say of others: looked up in the index, and reported where it leads nowhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.compiler.resolve.index import Index
from promgen.compiler.source.nodes import Path, find
from promgen.compiler.spec.read import Envelope, nearest


@dataclass(frozen=True, slots=True)
class References:
    """The index, and where to report what is wrong with a document."""

    index: Index
    diagnostics: Diagnostics

    def is_broken(self, kind: str) -> bool:
        """Whether a document of a kind was left out, so that what it says is not known."""
        return any(kind == broken for broken, _ in self.index.broken)

    def check_range(self, at: Envelope, path: Path, start: int, end: int) -> None:
        if end == start:
            self.error(at, path, "it ends when it begins", "another time; `to` before `from` is a night")

    def check_team(self, at: Envelope, owner: str) -> None:
        known = {*self.index.teams, *(name for kind, name in self.index.broken if kind == "Team")}
        self.check_known(at, [owner], (), known, "team", ("owner",))

    def check_receivers(self, at: Envelope, written: Sequence[str], path: Path, whole: Path = ()) -> None:
        known = {*self.index.receivers, *(name for kind, name in self.index.broken if kind == "Receiver")}
        self.check_known(at, written, path, known, "receiver", whole)

    def check_known(
        self,
        at: Envelope,
        written: Sequence[str],
        path: Path,
        known: Collection[str],
        what: str,
        whole: Path = (),
    ) -> None:
        """Report names that are not known; `whole` is the path where the name is no item of a list."""
        for place, name in enumerate(written):
            if name not in known:
                span = find(at.spec, whole or (*path, place))[0].span
                message = f"there is no {what} `{name}`"
                self.diagnostics.error(
                    problems.UNKNOWN_REFERENCE, message, span, allowed=nearest(name, known)
                )

    def error(self, at: Envelope, path: Path, message: str, allowed: str) -> None:
        span = find(at.spec, path)[0].span if path else at.name_span
        self.diagnostics.error(problems.BAD_VALUE, message, span, allowed=allowed)
