"""The output of a build in memory: every file with its bytes and its producer. Knows nothing of the disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from promgen.base.errors import PromgenError
from promgen.base.paths import fold, folders_of, path_fault
from promgen.compiler.output.lock import digest_of


class ArtifactKind(StrEnum):
    """What a file is for; decides whether it is committed."""

    RULES = "rules"
    ROUTES = "routes"
    SCRAPING = "scraping"
    CATALOG = "catalog"
    TESTS = "tests"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file of the output; `path` is relative to the project's root and uses `/`."""

    path: str
    content: bytes
    producer: str
    """Who made it, in the words of a message: a generator and what it worked on."""
    kind: ArtifactKind

    @property
    def digest(self) -> str:
        """What the lock lists for this file."""
        return digest_of(self.content)


class PathError(PromgenError):
    """An artifact has a path that no output may have."""


class ConflictError(PromgenError):
    """Two artifacts claim the same place."""

    def __init__(self, first: Artifact, second: Artifact) -> None:
        self.first, self.second = first, second
        if first.path == second.path:
            message = f"`{first.path}` is written by both {first.producer} and {second.producer}"
        else:
            message = (
                f"`{first.path}` by {first.producer} and `{second.path}` by {second.producer} "
                "cannot both exist: only letter case tells them apart, or a file takes the place of a folder"
            )
        super().__init__(message)


class Tree(Mapping[str, Artifact]):
    """Artifacts by path, in sorted order whatever the order they came in; only ever grows."""

    def __init__(self, artifacts: Iterable[Artifact] = ()) -> None:
        self._artifacts: dict[str, Artifact] = {}
        self._claims: dict[str, tuple[str, Artifact]] = {}
        for artifact in artifacts:
            self.add(artifact)

    def add(self, artifact: Artifact) -> None:
        """Add an artifact, or raise PathError or ConflictError when it cannot exist beside the others."""
        if fault := path_fault(artifact.path):
            raise PathError(f"{artifact.producer} cannot write `{artifact.path}`: {fault}")
        places = (*folders_of(artifact.path), artifact.path)
        claims = {fold(place): (place, artifact) for place in places}
        for key, (place, _) in claims.items():
            taken, other = self._claims.get(key, (place, None))
            is_shared_folder = taken == place and place != artifact.path
            if other is not None and (not is_shared_folder or place == other.path):
                raise ConflictError(other, artifact)
        self._claims.update(claims)
        self._artifacts[artifact.path] = artifact

    def __getitem__(self, path: str) -> Artifact:
        return self._artifacts[path]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._artifacts))

    def __len__(self) -> int:
        return len(self._artifacts)

    def digests(self) -> dict[str, str]:
        """The digest of every file, as the lock lists them."""
        return {path: artifact.digest for path, artifact in self.items()}
