"""Which paths a glob such as `rules/**/*.yaml` stands for."""

from __future__ import annotations

import re
from functools import lru_cache

from promgen.compiler.spec.patterns import Pattern

_TOKENS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANINGS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def fits(path: str, glob: str) -> bool:
    """Whether the whole path fits: `*` and `?` stay within a name, `**` is any number of folders.

    >>> fits("rules/shop/cart.yaml", "rules/**")
    True
    """
    pattern = _pattern(glob)
    return pattern is not None and pattern.matches(path)


@lru_cache(maxsize=256)
def _pattern(glob: str) -> Pattern | None:
    """None for a glob so long that no path fits it."""
    try:
        return Pattern("".join(_MEANINGS.get(token) or re.escape(token) for token in _TOKENS.findall(glob)))
    except ValueError:
        return None
