"""`promgen test`: what it selects, prints and ends with, on the real promtool."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.terminal import Done, as_json, promgen
from tests.compiler.projects import service, write_project
from tests.real import Install

CART = """
slos:
  - name: availability
    objective: 99.9%
    window: 30d
    sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}
    tests:
      - name: outage
        when: [{errors: 0%, for: 10m}, {errors: 100%, for: 10m}]
        expect: {fires: [fast]}
      - name: native
        when:
          series: {'other': '{{schema:0 count:1 sum:1 buckets:[1]}}x5'}
          after: 5m
        expect: silent
alerts:
  - name: CartSlow
    expr: max(cart_seconds)
    above: {high: 5 s}
    tests:
      - name: slow
        when: [{value: 6 s, for: 5m}]
        expect: {severity: high}
      - name: odd
        when: [{value: 6 s, for: 5m}]
        expect: silent
"""
SHOP = """
alerts:
  - name: Closed
    expr: shop_open == 0
    severity: low
    tests:
      - name: closed
        when: {series: {shop_open: 0x5}, after: 5m}
        expect: {severity: low}
"""
MINE = ": (outage|native|slow|odd|closed)$"
"""Leaves out what promgen makes itself."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two services with four cases that pass and one that fails."""
    return write_project(tmp_path, {"cart.yaml": service(CART), "more/shop.yaml": service(SHOP, name="shop")})


def run(project: Path, install: Install, *arguments: str) -> Done:
    return promgen(project, "test", "--promtool", str(install.promtool), "--run", MINE, *arguments)


def cases(done: Done) -> dict[str, str]:
    """How each case ended."""
    return {case["case"]: case["status"] for case in done.data["cases"]}


def test_a_failure_shows_the_entry_what_was_asked_and_what_was_answered(
    project: Path, install: Install
) -> None:
    done = run(project, install)
    assert done.code == 1
    line = next(
        number
        for number, text in enumerate((project / "slo-specs/cart.yaml").read_text().split("\n"), 1)
        if "name: odd" in text
    )
    assert f"failed: cart/CartSlow: odd\n  --> slo-specs/cart.yaml:{line}:11\n" in done.out
    assert f" {line} |         - name: odd\n" in done.out
    assert "   = asked: at 5m: group by (alertname) (ALERTS{" in done.out
    assert '   = expected: nothing\n   = got: {alertname="CartSlow"} 1E+00\n' in done.out


def test_each_slo_and_alert_has_a_row_below_its_file(project: Path, install: Install) -> None:
    native = "2 passed" if install.release >= (3, 0) else "1 passed, 1 unproved"
    rows = run(project, install).out.split("\n")
    assert rows[:5] == [
        "slo-specs/cart.yaml",
        "  cart/CartSlow      1 passed, 1 failed",
        f"  cart/availability  {native}",
        "slo-specs/more/shop.yaml",
        "  shop/Closed  1 passed",
    ]
    total = "4 passed, 1 failed" if install.release >= (3, 0) else "3 passed, 1 failed, 1 unproved"
    assert rows[-2] == f"{total} with promtool {install.version.partition('+')[0]}"


def test_it_ends_with_0_when_nothing_fails(project: Path, install: Install) -> None:
    assert run(project, install, "availability", "shop").code == 0


def test_what_this_promtool_is_too_old_for_is_listed_on_demand(
    project: Path, installs: tuple[Install, ...]
) -> None:
    old = installs[0]
    assert old.release < (3, 0)
    assert "unproved: " not in run(project, old).out
    shown = run(project, old, "--show-unproved").out
    assert "unproved: cart/availability: native\n  --> slo-specs/cart.yaml" in shown
    assert (
        f"   = reason: needs the promtool of Prometheus 3.0; this one is {old.version.partition('+')[0]}"
        in shown
    )


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (["cart/availability"], {"outage", "native"}),
        (["availability", "Closed"], {"outage", "native", "closed"}),
        (["cart"], {"outage", "native", "slow", "odd"}),
        (["slo-specs/cart.yaml"], {"outage", "native", "slow", "odd"}),
        (["slo-specs/more"], {"closed"}),
        (["rules/cart.rules.yaml"], {"outage", "native", "slow", "odd"}),
        (["rules/more"], {"closed"}),
        (["."], {"outage", "native", "slow", "odd", "closed"}),
    ],
)
def test_paths_services_and_names_select(
    project: Path, installs: tuple[Install, ...], chosen: list[str], expected: set[str]
) -> None:
    promgen(project, "build")
    assert cases(run(project, installs[-1], "--format", "json", *chosen)).keys() == expected


def test_a_pattern_selects_by_subject_and_name(project: Path, installs: tuple[Install, ...]) -> None:
    def chosen(pattern: str) -> list[str]:
        promtool = str(installs[-1].promtool)
        data = as_json(project, "test", "--promtool", promtool, "--run", pattern).data
        return [case["case"] for case in data["cases"]]

    assert chosen("^cart/CartSlow: slow$") == ["slow"]
    assert len(chosen("^cart/")) > len(chosen("^cart/CartSlow")) > 2  # with promgen's own


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "there is no SLO or alert `nonsense`"),
        (["--run", "nonsense"], "there is no such proof test"),
        (["--run", "["], "`[` is not a regular expression"),
        (["--jobs", "0"], "0 is not in the range"),
    ],
)
def test_a_slip_ends_with_2(
    project: Path, installs: tuple[Install, ...], arguments: list[str], said: str
) -> None:
    done = promgen(project, "test", "--promtool", str(installs[0].promtool), *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_without_a_promtool_it_ends_with_4_and_says_how_to_get_one(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROMTOOL", raising=False)
    monkeypatch.setenv("PATH", str(project))
    done = promgen(project, "test")
    assert (done.code, done.out) == (4, "")
    assert "there is no `promtool`" in done.err
    assert "--promtool or $PROMTOOL" in done.err


def test_a_broken_project_ends_with_1_before_anything_is_run(project: Path) -> None:
    path = project / "slo-specs/cart.yaml"
    path.write_text(path.read_text().replace("fires: [fast]", "fires: [fats]"))
    done = promgen(project, "test", "--promtool", "/does/not/exist")
    assert done.code == 1
    assert "`fats` is no alert of this SLO" in done.err


def test_json_has_every_case_with_its_place(project: Path, install: Install) -> None:
    done = run(project, install, "--format", "json")
    assert done.code == 1
    data = done.data
    assert data["promtool"] == install.version.partition("+")[0]
    assert data["passed"] + data["failed"] + data["unproved"] == len(data["cases"]) == 5
    (odd,) = (case for case in data["cases"] if case["status"] == "failed")
    assert (odd["subject"], odd["environment"], odd["case"]) == ("cart/CartSlow", "", "odd")
    assert odd["place"]["file"] == "slo-specs/cart.yaml"
    (failure,) = odd["failures"]
    assert failure["expected"] == "nothing"
    assert failure["got"] == '{alertname="CartSlow"} 1E+00'


def test_one_job_and_two_say_the_same(project: Path, installs: tuple[Install, ...]) -> None:
    promtool = str(installs[-1].promtool)
    one, two = (promgen(project, "test", "--promtool", promtool, "-j", jobs) for jobs in ("1", "2"))
    assert one == two


def test_junit_has_a_suite_for_each_subject(project: Path, install: Install, tmp_path: Path) -> None:
    path = tmp_path / "proof.xml"
    assert run(project, install, "--junit", str(path)).code == 1
    root = ElementTree.parse(path).getroot()
    unproved = str(int(install.release < (3, 0)))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("skipped")) == (
        "testsuites",
        "5",
        "1",
        unproved,
    )
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["cart/CartSlow", "cart/availability", "shop/Closed"]
    slow, odd = suites["cart/CartSlow"]
    assert (slow.get("classname"), slow.get("name"), len(slow)) == ("cart/CartSlow", "slow", 0)
    assert odd.get("file") == "slo-specs/cart.yaml"
    lines = (project / "slo-specs/cart.yaml").read_text().split("\n")
    assert "name: odd" in lines[int(odd.get("line", "0")) - 1]
    (failure,) = odd
    assert failure.tag == "failure"
    assert re.search(r"^asked: .*\nexpected: nothing\ngot: ", failure.text or "")
    native = suites["cart/availability"].find("testcase[@name='native']")
    assert native is not None
    assert [child.tag for child in native] == ["skipped"] * int(unproved)


def test_a_junit_file_that_cannot_be_written_ends_with_4(
    project: Path, installs: tuple[Install, ...]
) -> None:
    assert run(project, installs[-1], "shop", "--junit", str(project / "no/folder.xml")).code == 4
