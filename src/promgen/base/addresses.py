"""Addresses of HTTP servers as people write them; read without asking anybody."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit


class Address(NamedTuple):
    """What a text says as an address; the parts are empty where it cannot be one."""

    parts: SplitResult
    is_http: bool
    """Whether it names a server: http or https, a host, and a port that there may be."""

    @property
    def has_credentials(self) -> bool:
        return "@" in self.parts.netloc


def read_address(text: str) -> Address:
    """The parts of an address, and whether it is one of an HTTP server."""
    try:
        parts = urlsplit(text)
        is_http = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return Address(SplitResult("", "", "", "", ""), False)
    return Address(parts, is_http)
