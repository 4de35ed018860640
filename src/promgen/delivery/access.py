"""From the description of an access to an endpoint: secrets are looked up where a push runs, and never shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from promgen.base.errors import UsageError
from promgen.clients.exchange import Endpoint, basic, bearer, check_url
from promgen.model.delivery import Access, Credential

_LONGEST_SECRET = 16_384
"""In bytes."""


def endpoint_of(access: Access, root: Path, environment: Mapping[str, str] = os.environ) -> Endpoint:
    """Where to ask and with which credentials; `root` is what files are relative to. Raise UsageError without a secret."""
    check_url(access.url, "a server, such as http://localhost:9090", "name them by `token` or `password`")
    return Endpoint(access.url, _authorization(access, root, environment))


def _authorization(access: Access, root: Path, environment: Mapping[str, str]) -> str:
    if access.token is not None:
        return bearer(read_secret(access.token, root, environment))
    if access.password is not None:
        return basic(access.username, read_secret(access.password, root, environment))
    return ""


def read_secret(credential: Credential, root: Path, environment: Mapping[str, str]) -> str:
    """What a credential refers to: one line of printable ASCII, without the white space around it."""
    if credential.env:
        if credential.env not in environment:
            raise UsageError(f"the environment variable `{credential.env}` is not set")
        return _checked(environment[credential.env], f"the environment variable `{credential.env}`")
    try:
        with (root / credential.file).open("rb") as file:
            content = file.read(_LONGEST_SECRET)
    except OSError as error:
        raise UsageError(f"cannot read the secret in {credential.file}: {error.strerror}") from error
    return _checked(content.decode(errors="replace"), f"the file {credential.file}")


def _checked(text: str, origin: str) -> str:
    secret = text.strip()
    if not secret:
        raise UsageError(f"{origin} holds no secret: it is empty")
    if not secret.isascii() or not secret.isprintable():
        raise UsageError(f"what {origin} holds is no secret: one line of printable ASCII")
    return secret
