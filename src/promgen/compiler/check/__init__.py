"""Checks of the catalogue: what is well-formed and still cannot be meant. One per file, each reports and changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from promgen.base.diagnostics import Diagnostics
from promgen.compiler.check.annotations import check_annotations
from promgen.compiler.check.composites import check_composites
from promgen.compiler.check.dependencies import check_dependencies
from promgen.compiler.check.groups import check_groups
from promgen.compiler.check.reach import check_reach
from promgen.compiler.check.receivers import check_receivers
from promgen.compiler.check.retention import check_retention
from promgen.compiler.check.scraping import check_scraping
from promgen.compiler.check.windows import check_windows
from promgen.compiler.resolve.catalog import Resolved

Check = Callable[[Resolved, Diagnostics], None]

CHECKS: tuple[Check, ...] = (
    check_dependencies,
    check_composites,
    check_groups,
    check_windows,
    check_retention,
    check_annotations,
    check_receivers,
    check_reach,
    check_scraping,
)
