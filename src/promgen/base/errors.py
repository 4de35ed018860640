"""Exceptions: the outside world failed, or a caller broke a contract. A user's mistake is a diagnostic instead."""

from __future__ import annotations


class PromgenError(Exception):
    """The root of everything promgen raises on purpose."""


class OutsideError(PromgenError):
    """The outside world failed: a disk, a permission, a server. Ends a command with exit code 4."""


class UsageError(PromgenError):
    """The command was called in a way that cannot work, such as outside a project. Ends a command with exit code 2."""
