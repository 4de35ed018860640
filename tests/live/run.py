"""One live server through the whole scenario: a thread that feeds it, breaks it, and watches it without a break."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.alerts.compiled import Compiled, compile_rules
from tests.live import scenario as script
from tests.live.scenario import Scenario
from tests.real import History, Install, Prometheus, ScrapeTarget, Series

POLL_SECONDS = 5
SWEEP_SECONDS = 60
EDITED = ("#shop", "#shop-alerts", "#shop-pages")
"""The user label at the start, after the reload and after the crash."""
REFUSED = "this is no exposition {\n"


@dataclass(slots=True)
class Watched:
    """What was seen, poll by poll."""

    unhealthy: set[tuple[str, str, str]] = field(default_factory=set)
    """Group, rule and error of every rule that failed at any time."""
    notices: set[tuple[str, str]] = field(default_factory=set)
    """Expression and message of every warning or info of a query."""
    intervals: dict[str, float] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """The longest evaluation of each group, in seconds."""
    polls: int = 0
    swept: int = 0
    reloaded: float = 0
    """When the edited rules were in force."""
    killed: float = 0
    restarted: float = 0
    complaints: list[str] = field(default_factory=list)


class LiveRun:
    """A server with its targets; `start` returns at once, `wait` gives the failure of the thread if there was one."""

    def __init__(self, install: Install, folder: Path, scenario: Scenario) -> None:
        self.install = install
        self.scenario = scenario
        self.watched = Watched()
        self.compiled: list[Compiled] = []
        self._folder = folder
        self._observed = threading.Event()
        self._ended = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"live {install.name}", daemon=True)
        self.main_target = ScrapeTarget(self._render_main, job="shop")
        self.quiet_target = ScrapeTarget(self._render_quiet, job="jobs")
        self.server = Prometheus(
            install,
            folder / "server",
            scrape_targets=(self.main_target, self.quiet_target),
            scrape_interval=f"{script.SCRAPE_INTERVAL}s",
            evaluation_interval="1m",
        )

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread.start()

    def wait(self, timeout: float) -> bool:
        """Whether the scenario is over; raise what ended it early."""
        over = self._observed.wait(timeout)
        if self._failure is not None:
            raise self._failure
        return over

    def stop(self) -> None:
        """Stop the server and the targets, wherever the scenario is."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            with ExitStack() as stack:
                for target in (self.main_target, self.quiet_target):
                    stack.enter_context(target)
                self._load_rules(0)
                self._write_history()
                stack.enter_context(self.server)
                self._play()
                self._observed.set()
                self._ended.wait()
        except BaseException as failure:
            self._failure = failure
        finally:
            self._observed.set()

    def _play(self) -> None:
        acts = [(script.RELOAD, self._reload), (script.CRASH, self._crash)]
        swept = 0.0
        while (now := time.time()) < self.scenario.end and not self._ended.is_set():
            if acts and now >= self.scenario.start + acts[0][0]:
                acts.pop(0)[1]()
            self._poll()
            if now - swept >= SWEEP_SECONDS:
                swept = now
                self._sweep()
            self._ended.wait(POLL_SECONDS)
        self.watched.complaints = self.server.complaints()

    def _reload(self) -> None:
        self._load_rules(1)
        self.server.reload()
        self.watched.reloaded = time.time()

    def _crash(self) -> None:
        self._load_rules(2)
        self.watched.killed = time.time()
        self.server.kill()
        self.server.start()
        self.watched.restarted = time.time()

    def _load_rules(self, edit: int) -> None:
        folder = self._folder / "project"
        self.compiled.append(compile_rules(folder, script.specification(self.scenario, EDITED[edit])))
        by_hand = folder / "by-hand.yaml"
        by_hand.write_text(script.RAW_TIER, encoding="utf-8")
        self.server.rule_files = [*self.compiled[-1].rule_files, by_hand]

    def _write_history(self) -> None:
        """The hour before the start, under the labels that scrapes will give."""
        labels = {"job": self.main_target.job, "instance": self.main_target.address}
        first = int(self.scenario.start) - script.HISTORY
        points: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[float, float]]] = defaultdict(list)
        for at in range(first, int(time.time()), 15):
            for name, own, value in self.scenario.measured(at):
                points[name, own].append((at, value))
        history = History(self.install, self.server.folder)
        history.add(
            *(Series(name, {**labels, **dict(own)}, values) for (name, own), values in points.items())
        )

    def _poll(self) -> None:
        for group in self.server.ask("rules")["groups"]:
            self.watched.intervals[group["name"]] = group["interval"]
            taken = max(self.watched.slowest[group["name"]], group["evaluationTime"])
            self.watched.slowest[group["name"]] = taken
            for rule in group["rules"]:
                if rule["health"] not in ("ok", "unknown") or rule.get("lastError"):
                    self.watched.unhealthy.add((group["name"], rule["name"], rule.get("lastError", "")))
        self.watched.polls += 1

    def _sweep(self) -> None:
        """Evaluate every rule's expression as a query, which shows the annotations that evaluations hide."""
        for group in self.server.ask("rules")["groups"]:
            for rule in group["rules"]:
                answer = self._answer(rule["query"])
                notices = [
                    *answer.get("warnings", ()),
                    *answer.get("infos", ()),
                    *answer.get("error", "").splitlines(),
                ]
                self.watched.notices |= {(rule["query"], notice) for notice in notices}
                self.watched.swept += 1

    def _answer(self, query: str) -> dict[str, Any]:
        body = self.server.connections.request("POST", "/api/v1/query", urlencode({"query": query})).body
        answer: dict[str, Any] = json.loads(body)
        return answer

    def _render_main(self) -> str:
        return script.render(self.scenario.measured, time.time())

    def _render_quiet(self) -> str:
        now = time.time()
        if self.scenario.is_within(script.SCRAPE_OUTAGE, now):
            return REFUSED
        return script.render(self.scenario.quiet, now)
