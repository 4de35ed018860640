"""Specifications in few words, and traffic in promtool's notation."""

from __future__ import annotations

from collections.abc import Iterable

HEAD = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: shop, system: store}
spec:
  owner: crew
"""


def slo(objective: str = "99.9%", more: str = "", bad: str = '{selector: {code: "500"}}') -> str:
    """A service with one SLO over its requests."""
    return f"""{HEAD}
  slos:
    - name: availability
      objective: {objective}
      window: 30d
      sli: {{ratio: {{total: {{metric: requests_total}}, bad: {bad}}}}}
      {more}
"""


def alert(fields: str) -> str:
    """A service with one alert; `fields` are lines of YAML."""
    indented = "\n".join("      " + line for line in fields.strip().splitlines())
    return f"{HEAD}\n  alerts:\n    -\n{indented}\n"


def counted(events: Iterable[float]) -> str:
    """A counter that begins at zero and grows by these numbers, one per scrape."""
    total, values = 0.0, ["0"]
    for number in events:
        total += number
        values.append(f"{total:.12g}")
    return " ".join(values)


def steady(values: Iterable[float]) -> str:
    """A gauge."""
    return " ".join(f"{value:.12g}" for value in values)
