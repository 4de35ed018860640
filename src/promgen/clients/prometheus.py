"""Asks a Prometheus. Only for commands that were given its URL."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request

from promgen.base.errors import OutsideError, UsageError

TIMEOUT_SECONDS = 10.0


def query(url: str, expr: str) -> list[tuple[dict[str, str], float]]:
    """Labels and value of each series of an instant query; raise OutsideError when there is no answer."""
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"`{url}` is not a URL of a Prometheus, such as http://localhost:9090")
    address = f"{url.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': expr})}"
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
            data = json.load(answer)["data"]["result"]
        return [(row["metric"], float(row["value"][1])) for row in data]
    except urllib.error.HTTPError as error:
        raise OutsideError(
            f"{url} answered {error.code}: {error.read(500).decode(errors='replace')}"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutsideError(f"cannot ask {url}: {error}") from error
