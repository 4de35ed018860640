"""Every name promgen invents for the outside stands in one module."""

from __future__ import annotations

import re
from pathlib import Path

import promgen

PACKAGE = Path(promgen.__file__).parent
INVENTED = re.compile(r"""["'{](slo|alert):[a-z_]+(:[a-z0-9_]+)?["'{]|["']Slo[A-Z][A-Za-z]+["']""")


def test_no_other_module_spells_out_a_series_or_alert_name() -> None:
    """A name written twice can differ."""
    found = [
        f"{path.relative_to(PACKAGE)}: {match[0]}"
        for path in PACKAGE.rglob("*.py")
        if path.name != "conventions.py"
        for match in INVENTED.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
