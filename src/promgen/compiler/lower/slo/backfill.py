"""Rules that give a new SLO its history, for `promtool tsdb create-blocks-from rules`.

Only the pair and the complete blocks are needed: everything else is recorded from them as soon as the real rules run.
promtool evaluates over a range, where `@ end()` is the end of that range and not the moment, and rules of one run do not
see each other. So these are rules of their own, in levels that are run one after the other; the blocks are written
during the hour they belong to, which is possible because for history that hour is over.
"""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base import conventions as names
from promgen.base.durations import MINUTE, Duration
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.compiler.lower.slo.blocks import PAIR_OF_BLOCK
from promgen.compiler.lower.slo.frame import STEP_SECONDS, Frame
from promgen.compiler.lower.slo.windows import lower_pair
from promgen.model.catalog import EVALUATION_INTERVAL

PASS = "backfill"
_BLOCK_INTERVAL = MINUTE * 20
"""Often enough that each block is written at least once later than a minute after it began."""


def backfill_files(frame: Frame) -> tuple[RuleFile, ...]:
    """One file per level, in the order in which they are run."""
    total, bad = lower_pair(frame)
    levels: list[tuple[str, Group]] = [
        ("total", _group("total", total)),
        ("bad", _group("bad", bad)),
    ]
    if frame.block is not None:
        blocks = Group("backfill/blocks", _BLOCK_INTERVAL, tuple(_blocks(frame)), frame.slo.key)
        levels.append(("blocks", blocks))
    return tuple(
        RuleFile(f"{place}-{name}", frame.slo.origin, (group,))
        for place, (name, group) in enumerate(levels, start=1)
    )


def _group(name: str, rule: Rule) -> Group:
    return Group(f"backfill/{name}", EVALUATION_INTERVAL, (rule,), rule.labels[names.SLO_LABEL])


def _blocks(frame: Frame) -> Iterator[Rule]:
    for block, pair in PAIR_OF_BLOCK.items():
        yield _of_block(frame, block, f"sum_over_time({pair}{frame.id}{_steps(frame)})")
    yield _of_block(frame, names.OBSERVED_BLOCK, f"count_over_time({frame.total}{_steps(frame)})")


def _steps(frame: Frame) -> str:
    """The steps of one block at its end; a millisecond less, as Prometheus 2 counts the step before it too."""
    assert frame.block is not None
    return f"[{Duration(frame.block.ms - 1)}:1m]"


def _of_block(frame: Frame, name: str, samples: str) -> Rule:
    """The whole block around a moment: the value at the block's end, which lies ahead of the moment."""
    expr = f"last_over_time(({STEP_SECONDS} * {samples})[{frame.block}:{frame.block}] offset -{frame.block})"
    return Rule(name, expr, frame.labels, PASS)
