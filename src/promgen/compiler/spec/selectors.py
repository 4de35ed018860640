"""Matchers of labels as specifications write them."""

# Annotations are not postponed here: pydantic would compile each one from text again, a tenth of a cold build.
from typing import Annotated

from pydantic import Tag

from promgen.compiler.spec.values import LabelName
from promgen.compiler.spec.wire import ByShape, Wire


class MatchSpec(Wire):
    """A match other than equality."""

    matches: str | None = None
    """A regular expression the whole value must match."""
    not_matches: str | None = None
    """A regular expression the whole value must not match."""
    is_not: str | list[str] | None = None
    """Values the label must not have."""


MatchValue = Annotated[
    Annotated[str, Tag("value")] | Annotated[list[str], Tag("list")] | Annotated[MatchSpec, Tag("mapping")],
    ByShape,
]
Selector = dict[LabelName, MatchValue]
