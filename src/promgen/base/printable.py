"""Texts of others on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Without what could move a cursor or turn the direction of writing; each character keeps its place."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
