"""What every shape of the wire format is made of: strict objects, the head of a document, and unions told apart by shape."""

# Annotations are not postponed here: pydantic would compile each one from text again, a tenth of a cold build.
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Discriminator
from pydantic.alias_generators import to_camel

from promgen.compiler.spec.values import Name


class Wire(BaseModel):
    """Strict in both directions: unknown keys are errors and nothing is coerced."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        alias_generator=to_camel,
        arbitrary_types_allowed=True,
        defer_build=True,  # a build uses a part of the kinds, and building a validator takes its time
    )
    refers_to_secret: ClassVar[bool] = False
    """Whether it says where a secret is found, so that what is written in its place by mistake is never shown."""


class Metadata(Wire):
    """What a document is called."""

    name: Name
    """Unique among the objects of its kind; a service's name is unique in the whole project."""
    system: Name | None = None
    """The system it belongs to; a document without one serves all systems."""


def _shape(value: Any) -> str:
    return "mapping" if isinstance(value, dict) else "list" if isinstance(value, list) else "value"


ByShape = Discriminator(_shape)
"""Chooses between a value, a list and a mapping, so that an error speaks about the one that was meant."""
