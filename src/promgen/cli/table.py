"""Tables for people: as wide as the terminal, and never cut where the output is a file or another command."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence

_ANY_WIDTH = 1000


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Collection[str] = ()
) -> None:
    """Print rows below their headings; the columns of `numbers` are flush right."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        is_number = heading in numbers
        table.add_column(
            heading.upper(), justify="right" if is_number else "left", no_wrap=is_number, overflow="fold"
        )
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else _ANY_WIDTH
    Console(width=width, highlight=False, markup=False, emoji=False).print(table)
