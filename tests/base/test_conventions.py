"""Every name promgen invents for the outside stands in one module."""

from __future__ import annotations

import re
from pathlib import Path

import promgen
from promgen.base import conventions

PACKAGE = Path(promgen.__file__).parent
INVENTED = re.compile(r"""["'{](slo|alert):[a-z_]+(:[a-z0-9_]+)?["'{]""")


def test_no_other_module_spells_out_a_series_or_alert_name() -> None:
    """A name written twice can differ."""
    alerts = [name for key, name in vars(conventions).items() if key.endswith("_ALERT")]
    assert len(alerts) == 5
    found = [
        f"{path.relative_to(PACKAGE)}: {match[0]}"
        for path in PACKAGE.rglob("*.py")
        if path.name != "conventions.py"
        for pattern in (INVENTED, re.compile("|".join(alerts)))
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
