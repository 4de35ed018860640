"""Regular expressions of the configuration, matched in linear time whatever somebody wrote.

Python's own engine can be made to hang by a short pattern. The one of pydantic's core, Rust's `regex`, cannot, and reads
nearly the same language as Prometheus: no look-around and no back-references.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError, SchemaError, SchemaValidator, core_schema

LONGEST_PATTERN = 1_000
"""In characters."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that a whole text must match, a dot matching line ends too, as in Prometheus.

    Raises ValueError for text that is not one, and for one that would take megabytes.

    >>> Pattern("5..|429").matches("503")
    True
    """

    text: str
    _validator: SchemaValidator = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_PATTERN:
            raise ValueError(f"more than {LONGEST_PATTERN} characters")
        _validator_of(self.text)  # `a)|(b` is one inside of brackets only
        object.__setattr__(self, "_validator", _validator_of(f"^(?s:{self.text})$"))

    def matches(self, text: str) -> bool:
        """Whether it matches the whole text; a text that is not UTF-8 matches nothing."""
        return self._validator.isinstance_python(text)


def bad(slug: str, message: str) -> PydanticCustomError:
    """A validation error that carries promgen's own problem slug."""
    return PydanticCustomError("promgen", "{message}", {"slug": slug, "message": message})


def _validator_of(pattern: str) -> SchemaValidator:
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        last_line = str(error).rstrip().rpartition("\n")[2].strip()
        raise ValueError(last_line.rpartition("rror: ")[2].rstrip(".").lower()) from None


def _pattern(value: Any) -> Pattern:
    if isinstance(value, Pattern):
        return value
    if not isinstance(value, str):
        raise bad("spec/wrong-type", f"`{value}` is not a regular expression; quote it")
    try:
        return Pattern(value)
    except ValueError as error:
        shown = value if len(value) <= LONGEST_PATTERN else f"{value[:20]}…"
        raise bad("spec/bad-value", f"`{shown}` is not a regular expression: {error}") from error


PatternValue = Annotated[
    Pattern,
    BeforeValidator(_pattern),
    WithJsonSchema({"type": "string", "maxLength": LONGEST_PATTERN}),
]
