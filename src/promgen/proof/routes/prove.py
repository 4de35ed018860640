"""All proofs of a routing tree, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from promgen.proof.routes.prove_inhibition import (
    inhibited_by_lower,
    inhibited_pages,
    inhibition_cycles,
    lacking_equal_labels,
)
from promgen.proof.routes.prove_routes import (
    MOST_NOTIFICATIONS,
    dead_routes,
    idle_routes,
    leaking_tiers,
    many_notifications,
    unrouted_alerts,
    unused_receivers,
)
from promgen.proof.routes.prove_times import complementary_intervals, muted_pages, pages_once
from promgen.proof.routes.proving import Finding, Proving


class Proof(NamedTuple):
    """A claim, and what finds what speaks against it."""

    claim: str
    find: Callable[[Proving], Iterator[Finding]]
    is_note: bool = False
    """Worth knowing, and no mistake."""


class Verdict(NamedTuple):
    """What a proof found; a claim without findings holds for every alert and every minute that was looked at."""

    proof: Proof
    findings: tuple[Finding, ...]

    @property
    def has_failed(self) -> bool:
        return bool(self.findings) and not self.proof.is_note


PROOFS: Final = (
    Proof("every alert reaches a receiver", unrouted_alerts),
    Proof("every page reaches exactly one pager, at every minute", pages_once),
    Proof("nothing but P0 and P1 reaches a pager", leaking_tiers),
    Proof("P0 and P1 are never muted", muted_pages),
    Proof("complementary intervals leave no gap and do not overlap", complementary_intervals),
    Proof("every route can be reached", dead_routes),
    Proof("every receiver is used", unused_receivers),
    Proof(f"no alert reaches more than {MOST_NOTIFICATIONS} routes", many_notifications),
    Proof("nothing is inhibited by a lower tier", inhibited_by_lower),
    Proof("no P0 is inhibited", inhibited_pages),
    Proof("no alerts inhibit each other", inhibition_cycles),
    Proof("alerts that inhibit have the labels that must be equal", lacking_equal_labels),
    Proof("every route has an alert", idle_routes, is_note=True),
)


def prove(proving: Proving) -> tuple[Verdict, ...]:
    """Every proof; raise ValueError for a regular expression that cannot be followed."""
    return tuple(Verdict(proof, _once(proof.find(proving))) for proof in PROOFS)


def _once(findings: Iterator[Finding]) -> tuple[Finding, ...]:
    """Without those that say the same, as of an alert of several environments."""
    found: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        found.setdefault((finding.message, finding.origin), finding)
    return tuple(found.values())
