"""Each proof finds what breaks its claim, and nothing else does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from promgen.proof.routes.prove import PROOFS, prove
from promgen.proof.routes.proving import Finding
from tests.routes.configs import CATALOGUE, GOOD, RECEIVERS, alert, alerts, failures, proving, replaced

ALERT, PAGER, LEAK, MUTED, HANDOVER, DEAD, UNUSED, MANY, LOWER, P0, CYCLE, EQUAL, IDLE = (
    proof.claim for proof in PROOFS
)


@dataclass(frozen=True)
class Broken:
    """A configuration, the claims it breaks, and words of the first finding of the first."""

    text: str
    claims: frozenset[str]
    words: tuple[str, ...]


def broken(old: str, new: str, *claims: str, words: tuple[str, ...]) -> Broken:
    return Broken(replaced(old, new), frozenset(claims), words)


HIGH = '  - matchers: [severity="high"]\n    receiver: pager\n'
CRITICAL = '  - matchers: [severity="critical"]\n    receiver: pager\n'
RULE = '- {source_matchers: [severity="critical"], target_matchers: [severity="medium"], equal: [service]}'
CASES = {
    "an alert that nobody routes": broken(HIGH, "", ALERT, PAGER, words=("carthigh", "`nobody-asked`")),
    "an alert that is sent to nobody": broken(
        "- {name: desk, email_configs: [{to: a@example.org}]}",
        "- {name: desk}",
        ALERT,
        words=("cartlow", "`desk`, which tells nobody"),
    ),
    "a page without a pager": broken(
        HIGH, HIGH.replace("pager", "chat"), PAGER, words=("carthigh is P1 and reaches no pager",)
    ),
    "a page that rings twice": broken(
        CRITICAL, CRITICAL + "    continue: true\n" + CRITICAL, PAGER, words=("more than one pager",)
    ),
    "a page that rings in working hours only": broken(
        HIGH,
        HIGH + "    active_time_intervals: [hours]\n",
        PAGER,
        MUTED,
        words=("no pager from Thu 2026-01-01 00:00 to Thu 2026-01-01 09:00 UTC",),
    ),
    "a page that is muted, while chat is told": broken(
        HIGH,
        HIGH + "    continue: true\n    mute_time_intervals: [hours]\n" + HIGH.replace("pager", "chat"),
        PAGER,
        words=("no pager from Thu 2026-01-01 09:00 to Thu 2026-01-01 17:30 UTC",),
    ),
    "a lower tier that rings": broken(
        'severity=~"low|info"]\n    receiver: desk',
        'severity=~"low|info"]\n    receiver: pager',
        LEAK,
        words=("cartlow is P3 and reaches the pager",),
    ),
    "hours that leave a gap": broken(
        "mute_time_intervals: [hours]",
        "active_time_intervals: [night]",
        HANDOVER,
        words=("neither of routes[2].routes[0] and routes[2].routes[1]", "from Thu 2026-01-01 06:00"),
    ),
    "hours that overlap": broken(
        "mute_time_intervals: [hours]",
        "active_time_intervals: [always]",
        HANDOVER,
        words=("both notify from Thu 2026-01-01 09:00",),
    ),
    "a route after one that takes everything": broken(
        CRITICAL,
        CRITICAL + '  - {matchers: [severity="critical", service="cart"], receiver: pager}\n',
        DEAD,
        words=("no labels reach routes[1]",),
    ),
    "matchers that contradict each other": broken(
        CRITICAL,
        '  - {matchers: [service=~"a.*", service=~"b.*"], receiver: pager}\n' + CRITICAL,
        DEAD,
        words=("no labels reach routes[0]",),
    ),
    "a receiver that nobody names": broken(
        "- {name: pager,", "- {name: spare}\n- {name: pager,", UNUSED, words=("`spare`",)
    ),
    "a receiver below whose route everything goes elsewhere": broken(
        '[severity="medium"]\n', '[severity="medium"]\n    receiver: spare\n', UNUSED, words=("`spare`",)
    ),
    "continue without end": broken(
        '  - matchers: [severity="medium"]\n',
        "".join(
            f'  - {{matchers: [service="cart"], receiver: chat, continue: true, group_by: [a{n}]}}\n'
            for n in range(8)
        )
        + '  - matchers: [severity="medium"]\n',
        MANY,
        words=("cartmedium reaches 10 routes",),
    ),
    "a lower tier that mutes a higher one": broken(
        RULE,
        '- {source_matchers: [severity="low"], target_matchers: [severity="high"], equal: [service]}',
        LOWER,
        words=("cartlow, which is P3, inhibits carthigh, which is P1",),
    ),
    "a P0 that is muted": broken(
        RULE,
        '- {source_matchers: [alertname="cartcritical"], target_matchers: [severity="critical"], equal: [severity]}',
        P0,
        words=("cartcritical inhibits searchcritical, which is P0",),
    ),
    "alerts that mute each other": broken(
        RULE,
        '- {source_matchers: [alertname="cartlow"], target_matchers: [alertname="searchinfo"], equal: [job]}\n'
        '- {source_matchers: [alertname="searchinfo"], target_matchers: [alertname="cartlow"], equal: [severity2]}',
        CYCLE,
        EQUAL,
        words=("cartlow inhibits searchinfo, and is inhibited by it",),
    ),
    "a label that both lack": broken(
        "equal: [service]", "equal: [cluster]", EQUAL, words=("though both lack `cluster`",)
    ),
}
MORE = """
- name: night
  time_intervals: [{times: [{start_time: "18:00", end_time: "24:00"}, {start_time: "00:00", end_time: "06:00"}]}]
- name: always
  time_intervals: [{}]
"""


def test_a_configuration_that_keeps_every_claim() -> None:
    assert failures(GOOD) == {}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_breaks_a_claim_is_found(case: Broken) -> None:
    extra = "- {name: spare, slack_configs: [{channel: a}]}\n" if "receiver: spare" in case.text else ""
    found = failures(case.text.replace(RECEIVERS.strip("\n"), RECEIVERS.strip("\n") + "\n" + extra) + MORE)
    assert found.keys() == case.claims
    first = min(found, key=[proof.claim for proof in PROOFS].index)
    for words in case.words:
        assert words in found[first][0].message


def test_every_claim_is_broken_by_a_case() -> None:
    assert {claim for case in CASES.values() for claim in case.claims} == {
        ALERT,
        PAGER,
        LEAK,
        MUTED,
        HANDOVER,
        DEAD,
        UNUSED,
        MANY,
        LOWER,
        P0,
        CYCLE,
        EQUAL,
    }


def test_a_route_without_alerts_is_a_note() -> None:
    verdict = prove(proving(replaced(HIGH, HIGH + '  - {matchers: [service="later"], receiver: chat}\n')))[-1]
    assert not verdict.has_failed
    assert [one.message for one in verdict.findings] == [
        'none of the alerts comes to routes[2] with {service="later"}'
    ]


def test_values_that_depend_on_data_are_tried() -> None:
    """The team comes from the series: the one that a route is muted for is among the values."""
    text = replaced(
        CRITICAL, '  - {matchers: [severity="critical", team=~"web-.+"], receiver: chat}\n' + CRITICAL
    )
    known = alerts(alert("Down", "up == 0", severity="critical"))
    example = failures(text, known)[PAGER][0].example
    assert (example["alertname"], example["severity"], example["team"][:4]) == ("Down", "critical", "web-")
    fixed = alerts(alert("Down", "sum by (job) (up) == 0", severity="critical"))
    assert PAGER not in failures(text, fixed)


def test_a_page_may_ring_somebody_else_at_night() -> None:
    """One pager by day and another by night: exactly one at every minute, changes of the clocks included."""
    hours = HIGH + "    active_time_intervals: [hours]\n    continue: true\n"
    text = replaced(HIGH, hours + HIGH + "    mute_time_intervals: [hours]\n")
    assert failures(text) == {}


def test_a_maintenance_of_both_sides_is_no_gap() -> None:
    text = replaced(
        "active_time_intervals: [hours]", "active_time_intervals: [hours], mute_time_intervals: [night]"
    )
    text = replaced("desk, mute_time_intervals: [hours]", "desk, mute_time_intervals: [hours, night]", text)
    assert failures(text + MORE) == {}


def test_two_zones_that_change_their_clocks_on_other_days_overlap() -> None:
    """Alike all year but for the weeks between the changes in America and in Europe."""
    new_york = """
- name: hours-in-new-york
  time_intervals:
  - {times: [{start_time: "04:00", end_time: "12:30"}], weekdays: ["monday:friday"], location: America/New_York}
"""
    text = replaced("mute_time_intervals: [hours]", "mute_time_intervals: [hours-in-new-york]") + new_york
    (first, second) = failures(text)[HANDOVER]
    assert "both notify from Mon 2026-03-09 16:30 to Mon 2026-03-09 17:30 UTC" in first.message
    assert "notifies from Mon 2026-03-09 08:00 to Mon 2026-03-09 09:00 UTC" in second.message


def test_a_receiver_that_is_lowered_in_staging_rings_nobody() -> None:
    """The severity decides, not the environment: what is lowered leaks where a route looks at the service alone."""
    text = replaced(CRITICAL, '  - {matchers: [service="cart"], receiver: pager}\n' + CRITICAL)
    found = failures(text, alerts(alert("Down", severity="info", service="cart", environment="staging")))
    assert [one.message for one in found[LEAK]] == ["Down is P3 and reaches the pager `pager`"]


def test_a_rule_whose_matchers_contradict_each_other_mutes_nothing() -> None:
    text = replaced('source_matchers: [severity="critical"]', 'source_matchers: [job=~"a.*", job=~"b.*"]')
    text = replaced('target_matchers: [severity="medium"]', 'target_matchers: [severity=~".+"]', text)
    assert failures(text, (*CATALOGUE, *alerts(alert("Down", "up == 0", severity="critical")))) == {}


def test_findings_say_where() -> None:
    finding: Finding = failures(replaced(CRITICAL, CRITICAL + CRITICAL))[DEAD][0]
    assert finding.origin == "alertmanager.yml:9:5"
