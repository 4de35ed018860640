"""What a quarter of an hour on a live server must have shown, once per release.

Evaluations lie at any second of the minute, groups race each other, scrapes jitter, rules are reloaded and the server
crashes: promtool shows none of it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import pytest

from promgen.base.durations import MINUTE, Duration
from promgen.model.burnrate import tier_facts
from tests.alerts.handover import changes, check_handover, join_evaluations
from tests.live import scenario as script
from tests.live.run import LiveRun
from tests.real import Track, load_groups

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(1800)]

RECORDED = '__name__=~"(slo|alert):.+"'
DATA = f'{RECORDED},__name__!="slo:info"'
FIRING = 'ALERTS{alertstate="firing"}'
LOOKBACK = 300


def groups_of(live: LiveRun) -> dict[str, Mapping[str, Any]]:
    """The groups as they were compiled, by name."""
    return {str(group["name"]): group for path in live.compiled[0].rule_files for group in load_groups(path)}


def stored(live: LiveRun, selector: str, start: float | None = None, end: float | None = None) -> list[Track]:
    """What a selector stored during a part of the run."""
    start = live.scenario.start - 60 if start is None else start
    end = live.scenario.end if end is None else end
    return live.server.stored(f"{selector}[{math.ceil(end - start)}s]", end)


def identity(labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


def fired(live: LiveRun, **labels: str) -> dict[frozenset[tuple[str, str]], list[float]]:
    """The evaluations at which alerts with these labels fired."""
    matchers = ",".join(f'{label}="{value}"' for label, value in labels.items())
    tracks = stored(live, f'ALERTS{{alertstate="firing",{matchers}}}')
    return {identity(track.labels): [at for at, _ in track.points] for track in tracks}


# -- nothing goes wrong ---------------------------------------------------------------------------------------------------


def test_every_rule_is_healthy_all_the_time(live: LiveRun) -> None:
    """Looked at every few seconds, over a reload, a crash and an outage."""
    assert live.watched.unhealthy == set()
    assert live.watched.polls > 100


def test_no_query_has_a_remark(live: LiveRun) -> None:
    """Neither a warning nor an info, for any rule at any time."""
    assert live.watched.notices == set()
    assert live.watched.swept > 1000


def test_the_log_has_no_complaint(live: LiveRun) -> None:
    """But for the target that refuses its scrapes, which is part of the scenario."""
    refused = live.quiet_target.address
    assert [line for line in live.watched.complaints if refused not in line] == []


def test_groups_have_the_interval_that_is_written(live: LiveRun) -> None:
    seconds = {"1m": 60, "2m": 120}
    written = {name: seconds[str(group["interval"])] for name, group in groups_of(live).items()}
    assert live.watched.intervals == {**written, "by-hand": 60}
    assert set(written.values()) == {60, 120}


def test_groups_are_evaluated_at_their_interval(live: LiveRun) -> None:
    """The samples lie a minute apart, or two; only the restart may move one evaluation."""
    for name, spacing in (("slo:total_events:rate5m", 60), ("slo:objective:ratio", 120)):
        for track in stored(live, f'{name}{{slo!="jobs"}}', end=live.watched.killed):
            times = [at for at, _ in track.points]
            gaps = [later - earlier for earlier, later in pairwise(times)]
            assert all(abs(gap - spacing) < 1 for gap in gaps), (track.labels, gaps)


# -- what is recorded -----------------------------------------------------------------------------------------------------


def test_period_series_have_no_gap(live: LiveRun) -> None:
    """Evaluated every 2 minutes and not republished, yet visible at every moment, also while the server restarts."""
    rules = [
        rule for name, group in groups_of(live).items() if name.endswith("/period") for rule in group["rules"]
    ]
    names = {rule["record"] for rule in rules if "record" in rule} - {"slo:info"}
    step = 15
    start = math.ceil(live.scenario.start)
    end = math.floor(live.scenario.end)
    seen = set()
    for name in sorted(names):
        for track in live.server.query_range(f'{name}{{slo!="jobs"}}', start, end, step):
            times = [at for at, _ in track.points]
            assert times[0] <= live.scenario.start + 240, track.labels
            assert len(times) == (start + (end - start) // step * step - times[0]) / step + 1, track.labels
            assert not any(math.isnan(value) for _, value in track.points), track.labels
            seen.add(name)
    assert seen == names


def test_nothing_recorded_is_nan(live: LiveRun) -> None:
    for track in stored(live, f"{{{RECORDED}}}"):
        assert not any(math.isnan(value) for _, value in track.points), track.labels


def test_blocks_hold_every_sample_of_the_pair_once(live: LiveRun) -> None:
    """At every evaluation, whatever its second of the minute, a block is the sum of the pair since it began.

    An evaluation that the crash has cost is bridged by the one before.
    """
    checked, bridged = 0, 0
    begun_in_run = set()
    for series, pair, seconds in (
        ("slo:total_events:block", "slo:total_events:rate5m", None),
        ("slo:bad_events:block", "slo:bad_events:rate5m", None),
        ("slo:observed_seconds:block", "slo:total_events:rate5m", 1.0),
    ):
        starts = points_by_labels(stored(live, "slo:block_start:timestamp_seconds"))
        samples = points_by_labels(stored(live, pair))
        for labels, blocks in points_by_labels(stored(live, f'{series}{{slo!="jobs"}}')).items():
            begun = starts[frozenset((name, value) for name, value in labels if name in ("slo", "service"))]
            for at, value in blocks.items():
                since = [(t, seconds or one) for t, one in samples[labels].items() if begun[at] < t <= at]
                expected = sum(one for _, one in since)
                if any(later - earlier > 90 for (earlier, _), (later, _) in pairwise(since)):
                    expected = sum(seconds or one for one in minutely(samples[labels], begun[at], at))
                    bridged += 1
                assert value == pytest.approx(60 * expected, rel=1e-9, abs=1e-9), (labels, at)
                begun_in_run.add(begun[at])
                checked += 1
    assert checked > 500
    assert bridged < checked / 10
    assert len(begun_in_run) > 1


def minutely(samples: Mapping[float, float], begun: float, at: float) -> list[float]:
    """The latest sample at each whole minute since a block began, up to an evaluation."""
    steps = [begun + 60 * step for step in range(1, math.ceil((at - begun) / 60) + 1)]
    latest = (
        max((t for t in samples if step - LOOKBACK < t <= min(step, at)), default=None) for step in steps
    )
    return [samples[t] for t in latest if t is not None]


def points_by_labels(tracks: Iterable[Track]) -> dict[frozenset[tuple[str, str]], dict[float, float]]:
    """Points by time, by labels without the metric's name."""
    return {
        frozenset((name, value) for name, value in track.labels.items() if name != "__name__"): dict(
            track.points
        )
        for track in tracks
    }


def test_blocks_agree_with_what_was_counted(live: LiveRun) -> None:
    """Requests since the quarter of an hour, up to the minute that is not over."""
    starts = points_by_labels(stored(live, 'slo:block_start:timestamp_seconds{slo="quarter-hours"}'))
    (begun,) = starts.values()
    first = min(begun)
    for labels, blocks in points_by_labels(
        stored(live, 'slo:total_events:block{slo="quarter-hours"}')
    ).items():
        rate = script.RATES[dict(labels)["region"]]
        for at, value in blocks.items():
            evaluations = math.floor((at - max(begun[at], first - 60) + 0.5) / 60)
            counted = 60 * max(evaluations, 1) * rate
            assert value == pytest.approx(counted, rel=0.02, abs=60 * rate + 1), (labels, at, begun[at])


def test_a_period_is_what_was_counted(live: LiveRun) -> None:
    """The complete blocks and the current one, with the beginning of a block between them."""
    now = live.scenario.end
    for region, rate in script.RATES.items():
        of_region = f'{{slo="quarter-hours",region="{region}"}}'
        begun = live.server.value('slo:period_start:timestamp_seconds{slo="quarter-hours"}', now)
        bad = live.server.value(f"slo:bad_events:period{of_region}", now)
        total = live.server.value(f"slo:total_events:period{of_region}", now)
        observed = live.server.value(
            f'slo:observed_seconds:period{{slo="quarter-hours",region="{region}"}}', now
        )
        failed = live.scenario.failures(region, now) - live.scenario.failures(region, begun)
        assert bad == pytest.approx(failed, rel=0.03)
        assert total == pytest.approx(observed * rate, rel=0.02)
        assert observed == pytest.approx(now - max(live.scenario.start, begun), abs=240)


def test_another_block_began(live: LiveRun) -> None:
    """The scenario crosses the beginning of a block, and is long enough to see what follows."""
    (starts,) = stored(live, 'slo:block_start:timestamp_seconds{slo="quarter-hours"}')
    assert len({value for _, value in starts.points}) >= 2


# -- labels ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["reload", "crash"])
def test_edited_user_labels_change_no_data_series(live: LiveRun, event: str) -> None:
    """Whatever was recorded in the two minutes before is recorded in the two minutes after, under the same labels."""
    watched = live.watched
    before, after = (
        (watched.reloaded, watched.reloaded) if event == "reload" else (watched.killed, watched.restarted)
    )
    earlier = {identity(track.labels) for track in stored(live, f"{{{DATA}}}", before - 122, before - 1)}
    later = {identity(track.labels) for track in stored(live, f"{{{DATA}}}", after + 1, after + 124)}
    assert earlier == later
    assert len(earlier) > 300


def test_edited_user_labels_show_on_the_info_series(live: LiveRun) -> None:
    """And the old one is gone at once after a reload."""
    seen = {track.labels["chat"] for track in stored(live, "slo:info")}
    assert seen == {"#shop", "#shop-alerts", "#shop-pages"}
    after = live.server.query("count by (chat) (slo:info)", live.watched.reloaded + 122)
    assert [sample.labels["chat"] for sample in after] == ["#shop-alerts"]


# -- alerts ---------------------------------------------------------------------------------------------------------------


def test_a_total_outage_is_found_as_fast_as_by_hand(live: LiveRun) -> None:
    """No later than one evaluation after the same tier on the measured series, and as the build predicts."""
    down = live.scenario.start + script.OUTAGE[0]
    (slo,) = (slo for slo in live.compiled[0].catalog.slos if slo.name == "availability")
    facts = tier_facts(slo, slo.tiers[0], scrape=Duration(script.SCRAPE_INTERVAL * 1000), evaluation=MINUTE)
    earliest, latest = (limit.ms / 1000 for limit in facts.detection)
    by_hand = first_by_region(fired(live, alertname="RawFast"))
    ours = first_by_region(fired(live, alertname="SloErrorBudgetBurn", slo="availability", tier="fast"))
    assert set(ours) == set(by_hand) == set(script.RATES)
    for region, at in ours.items():
        print(f"{region}: after {at - down:.0f} s, by hand after {by_hand[region] - down:.0f} s")
        assert at <= by_hand[region] + 60 + 1
        assert earliest - script.SCRAPE_INTERVAL <= at - down <= latest + 1


def first_by_region(alerts: Mapping[frozenset[tuple[str, str]], list[float]]) -> dict[str, float]:
    """The first time; an edited user label makes an alert another one."""
    first: dict[str, float] = {}
    for labels, times in alerts.items():
        region = dict(labels)["region"]
        first[region] = min(*times, first.get(region, math.inf))
    return first


def test_a_recovery_ends_the_page_within_the_short_window(live: LiveRun) -> None:
    up = live.scenario.start + script.OUTAGE[1]
    for labels, times in fired(live, alertname="SloErrorBudgetBurn", slo="availability", tier="fast").items():
        assert up < max(times) <= up + 300 + 60, labels
        assert all(later - earlier < 61 for earlier, later in pairwise(times)), labels


def test_maintenance_pages_nobody(live: LiveRun) -> None:
    """The same outage, within an exclusion: neither during it nor after it."""
    assert fired(live, alertname="SloErrorBudgetBurn", slo="maintained") == {}
    bad = live.server.query('slo:bad_events:period{slo="maintained"}', live.scenario.end)
    assert [sample.value for sample in bad] == pytest.approx([0, 0], abs=1e-6)
    paged = fired(live, alertname="SloErrorBudgetBurn", slo="quarter-hours", tier="fast")
    assert {dict(labels)["region"] for labels in paged} == set(script.RATES)


def test_a_target_that_is_not_scraped_is_absent_and_nothing_else(live: LiveRun) -> None:
    """Its rate fades within 5 minutes, then `for` passes, and the first scrapes end it."""
    ((labels, times),) = fired(live, slo="jobs").items()
    assert dict(labels)["alertname"] == "SloTotalAbsent"
    lost, found = (live.scenario.start + moment for moment in script.SCRAPE_OUTAGE)
    assert lost + 240 + 60 <= min(times) <= lost + LOOKBACK + 60 + 2 * 60
    assert max(times) <= found + 60 + 2 * script.SCRAPE_INTERVAL + 1


def test_who_is_well_is_left_alone(live: LiveRun) -> None:
    """Only what was down, and what is made of it, burns."""
    burning = {dict(labels)["slo"] for labels in fired(live, alertname="SloErrorBudgetBurn")}
    assert burning & {"maintained", "latency", "rare", "depth", "reachable", "upstream", "jobs"} == set()
    assert burning >= {
        "availability",
        "quarter-hours",
        "calendar-quarter",
        "week",
        "day",
        "slices",
        "short-slices",
    }
    names = {dict(labels)["alertname"] for labels in fired(live)}
    assert names == {
        "SloErrorBudgetBurn",
        "SloTotalAbsent",
        "LoadHigh",
        "LoadKept",
        "LoadOverridden",
        "RawFast",
    }


@pytest.mark.parametrize("core", ["0", "1"])
def test_severities_hand_over(live: LiveRun, core: str) -> None:
    """A slow rise and fall, and a value on both sides of the upper threshold by turns."""
    end = live.watched.reloaded  # its labels change there, and Prometheus begins every `for` again
    (values,) = stored(live, f'alert:value{{alert="LoadHigh",core="{core}"}}', end=end)
    firing: dict[str, frozenset[float]] = defaultdict(frozenset)
    for labels, times in fired(live, alertname="LoadHigh", core=core).items():
        firing[dict(labels)["severity"]] |= frozenset(times)
    evaluations = join_evaluations(dict(values.points), firing)
    check_handover(evaluations, 70)
    states = changes(evaluations)
    assert states[0] == {"medium"} if core == "0" else states[0]
    assert states[-1] == frozenset()
    if core == "0":
        assert [set(state) for state in states] == [
            {"medium"}, {"critical"}, {"critical", "medium"}, {"medium"}, set(),
        ]  # fmt: skip


def test_what_is_kept_hands_over_too(live: LiveRun) -> None:
    """Two minutes after the value has sunk, it ends; meanwhile no severity fires beside another for long."""
    (values,) = stored(live, 'alert:value{alert="LoadKept",core="0"}', end=live.watched.reloaded)
    firing = {
        dict(labels)["severity"]: frozenset(times)
        for labels, times in fired(live, alertname="LoadKept", core="0").items()
        if min(times) < live.watched.reloaded
    }
    evaluations = join_evaluations(dict(values.points), firing)
    assert all(len(before.firing) < 2 or len(now.firing) < 2 for before, now in pairwise(evaluations))
    (last,) = (before for before, now in pairwise(evaluations) if before.value > 70 >= now.value)
    ended = max(one.at for one in evaluations if one.firing)
    assert last.at + 60 <= ended <= last.at + 121


def test_an_override_is_respected(live: LiveRun) -> None:
    cores = {dict(labels)["core"] for labels in fired(live, alertname="LoadOverridden")}
    assert cores == {"0"}
