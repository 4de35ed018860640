"""Which paths a project may name, so that every committed tree can be checked out on every system."""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate

LOCK_FILE = "promgen.lock"
"""The committed manifest at the project's root."""

LOCAL_FOLDER = ".promgen"
"""What promgen keeps for itself at the project's root; never committed."""

_UNPORTABLE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\ud800-\udfff]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])", re.IGNORECASE)
_LONGEST_NAME = 255


def path_fault(path: str) -> str | None:
    """Why nothing in a project may have this path; None when it may.

    >>> path_fault("rules/aux.yaml")
    '`aux.yaml` is a reserved name on Windows'
    """
    if path.startswith("/"):
        return "it is absolute; everything lies inside the project"
    if fold(path.partition("/")[0]) in {LOCK_FILE, LOCAL_FOLDER}:
        return f"`{LOCK_FILE}` and `{LOCAL_FOLDER}` belong to promgen itself"
    return next(filter(None, map(_name_fault, path.split("/"))), None)


def fold(path: str) -> str:
    """The path as seen where letter case and Unicode form do not count; the same for paths that collide."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", path).casefold())


def folders_of(path: str) -> tuple[str, ...]:
    """The folders that a file lies in, outermost first.

    >>> folders_of("rules/shop/cart.yaml")
    ('rules', 'rules/shop')
    """
    return tuple(accumulate(path.split("/")[:-1], "{}/{}".format))


def _name_fault(name: str) -> str | None:
    if not name:
        return "it has an empty part"
    if name in {".", ".."}:
        return f"it contains `{name}`"
    if found := _UNPORTABLE.search(name):
        return f"it contains {found[0]!r}, which not every system allows"
    if name[-1] in ". ":
        return f"`{name}` ends with a dot or a space, which Windows drops"
    if _DEVICES.fullmatch(name.partition(".")[0].rstrip(" ")):
        return f"`{name}` is a reserved name on Windows"
    if fold(name) == ".git":
        return "`.git` belongs to git"
    if len(name.encode()) > _LONGEST_NAME:
        return f"`{name[:20]}…` is longer than {_LONGEST_NAME} bytes"
    return None
