"""No field of anything that is compared can change unseen, also not one that is added tomorrow."""

from __future__ import annotations

import typing
from dataclasses import replace
from typing import Any

import pytest

from promgen.changes.difference import Status
from promgen.changes.routes import compare_configurations
from promgen.changes.rules import compare_rules
from promgen.changes.specs import compare_catalogs
from promgen.compiler.ir.alertmanager import Alertmanager
from promgen.compiler.ir.rules import RuleFile
from promgen.model.catalog import Catalog
from promgen.model.slo import Sli, Slo
from tests.changes.variants import sample, variants

CATALOG = sample(Catalog)
CATALOGS = dict(variants(CATALOG, Catalog))
FILE = sample(RuleFile)
FILES = dict(variants(FILE, RuleFile))
CONFIGURATION = sample(Alertmanager)
CONFIGURATIONS = dict(variants(CONFIGURATION, Alertmanager))


def test_the_samples_have_every_part() -> None:
    assert len(CATALOGS) > 250
    assert len(FILES) > 15
    assert len(CONFIGURATIONS) > 50


@pytest.mark.parametrize("place", CATALOGS)
def test_a_change_of_the_catalogue_is_seen(place: str) -> None:
    assert compare_catalogs(CATALOG, CATALOGS[place])
    assert compare_catalogs(CATALOGS[place], CATALOG)


@pytest.mark.parametrize("sli", typing.get_args(Sli), ids=lambda cls: cls.__name__)
def test_a_change_of_any_indicator_is_seen(sli: Any) -> None:
    before = sample(sli)
    for place, after in variants(before, sli):
        found = compare_catalogs(_with_sli(before), _with_sli(after))
        assert [one.status for one in found] == [Status.CHANGED], place


def _with_sli(sli: Any) -> Catalog:
    return replace(CATALOG, slos=(replace(sample(Slo), sli=sli),))


def test_another_kind_of_indicator_is_seen() -> None:
    kinds = [sample(sli) for sli in typing.get_args(Sli)]
    for before, after in zip(kinds, [*kinds[1:], kinds[0]], strict=True):
        assert compare_catalogs(_with_sli(before), _with_sli(after))


@pytest.mark.parametrize("place", FILES)
def test_a_change_of_a_rule_file_is_seen(place: str) -> None:
    found = compare_rules([FILE], [FILES[place]])
    assert {file.status for file in found} != {Status.UNCHANGED}


@pytest.mark.parametrize("place", CONFIGURATIONS)
def test_a_change_of_a_configuration_is_seen(place: str) -> None:
    assert compare_configurations(CONFIGURATION, CONFIGURATIONS[place])


def test_equal_things_do_not_differ() -> None:
    assert compare_catalogs(CATALOG, sample(Catalog)) == ()
    assert [file.status for file in compare_rules([FILE], [sample(RuleFile)])] == [Status.UNCHANGED]
    assert compare_configurations(CONFIGURATION, sample(Alertmanager)) == ()
