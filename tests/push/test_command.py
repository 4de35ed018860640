"""`promgen push` as people and pipelines meet it: what it prints, when it asks, and the code it ends with."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import as_json, promgen
from tests.push.mimir import Mimir, running

LOGS = """\
groups:
  - name: logs
    rules:
      - alert: Crash
        expr: 'sum by (app) (count_over_time({app="shop"} |= "panic" [5m])) > 0'
        for: 1m
        labels: {severity: "high"}
"""
GROUPS = ["alerts/checkout", "slo/checkout/availability", "slo/checkout/availability/period"]


@pytest.fixture
def mimir() -> Iterator[Mimir]:
    with running(Mimir(authorization="Bearer s3cret")) as server:
        yield server


@pytest.fixture
def shop(tmp_path: Path, mimir: Mimir, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `promgen init` writes, with a ruler, a folder and a namespace of Kubernetes to deliver to."""
    assert promgen(tmp_path, "init", "shop").code == 0
    folder = tmp_path / "shop"
    (folder / "target").mkdir()
    deliver(
        folder,
        f"""\
  - name: central
    mimir: {{url: "{mimir.url}", tenant: shop, token: {{env: CENTRAL_TOKEN}}}}
  - name: local
    prometheus: {{folder: target}}
  - name: cluster
    kubernetes: {{namespace: monitoring}}
""",
    )
    monkeypatch.setenv("CENTRAL_TOKEN", "s3cret")
    monkeypatch.setenv("PATH", "/nowhere")
    return folder


def deliver(folder: Path, deliveries: str) -> None:
    """Append deliveries to promgen.yaml."""
    path = folder / "promgen.yaml"
    text = path.read_text(encoding="utf-8")
    head = "" if "\ndeliveries:" in text else "\ndeliveries:\n"
    path.write_text(text + head + deliveries, encoding="utf-8")


def held(mimir: Mimir) -> list[str]:
    return sorted(name for groups in mimir.held().values() for name in groups)


def test_without_a_target_the_deliveries_are_listed(shop: Path, mimir: Mimir) -> None:
    done = promgen(shop, "push")
    assert done.code == 0
    assert [line.split()[:2] for line in done.out.splitlines()] == [
        ["DELIVERY", "KIND"],
        ["central", "mimir"],
        ["local", "prometheus"],
        ["cluster", "kubernetes"],
    ]
    assert as_json(shop, "push").data[1] == {"delivery": "local", "kind": "prometheus", "to": "target"}
    assert mimir.requests == []


def test_a_project_without_deliveries_says_so(tmp_path: Path) -> None:
    assert promgen(tmp_path, "init", "bare").code == 0
    done = promgen(tmp_path / "bare", "push")
    assert (done.code, done.out) == (0, "promgen.yaml has no `deliveries`, so there is nowhere to push to\n")


def test_a_dry_run_shows_what_would_change_and_changes_nothing(shop: Path, mimir: Mimir) -> None:
    done = promgen(shop, "push", "central", "local", "--dry-run")
    assert done.code == 0
    assert "  + group shop/shop/checkout slo/checkout/availability (19 rules)\n" in done.out
    assert "  + file shop.checkout.rules.yaml\n" in done.out
    assert "  3 created, 0 changed, 0 deleted, 0 unchanged\n" in done.out
    assert mimir.writes == 0
    assert list((shop / "target").iterdir()) == []


def test_where_nobody_can_be_asked_the_push_needs_a_yes(shop: Path, mimir: Mimir) -> None:
    refused = promgen(shop, "push", "central")
    assert refused.code == 2
    assert "give `--yes` to push or `--dry-run` to look" in refused.err
    assert mimir.writes == 0
    done = promgen(shop, "push", "central", "--yes")
    assert (done.code, done.out.splitlines()[-1]) == (0, "pushed to central")
    assert held(mimir) == GROUPS
    again = promgen(shop, "push", "central")
    assert (again.code, again.out.splitlines()[-1]) == (0, "nothing to push")


def test_a_change_is_shown_by_what_it_means(shop: Path, mimir: Mimir) -> None:
    assert promgen(shop, "push", "central", "--yes").code == 0
    path = shop / "slo-specs/shop/checkout.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("99.9%", "99.5%"), encoding="utf-8")
    done = promgen(shop, "push", "central", "--dry-run")
    assert "SloErrorBudgetBurn{severity=critical, tier=fast} threshold: 1.44% to 7.2%\n" in done.out


def test_as_json_everything_is_said_and_nobody_is_asked(shop: Path, mimir: Mimir) -> None:
    assert as_json(shop, "push", "central").code == 2
    done = as_json(shop, "push", "central", "--yes")
    assert done.code == 0
    assert done.data["pushed"] is True
    (target,) = done.data["targets"]
    assert {(one["kind"], one["status"]) for one in target["planned"]} == {("group", "created")}
    assert "s3cret" not in done.out
    assert as_json(shop, "push", "central", "--dry-run").data["pushed"] is False


def test_all_is_everything_that_can_be_pushed(shop: Path, mimir: Mimir) -> None:
    done = promgen(shop, "push", "--all", "--yes")
    assert (done.code, done.out.splitlines()[-1]) == (0, "pushed to central, local")
    assert (shop / "target/shop.checkout.rules.yaml").read_bytes().startswith(b"# Code generated by promgen")
    assert promgen(shop, "push", "central", "--all").code == 2


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("centrl", "there is no delivery `centrl`; did you mean `central`?"),
        ("cluster", "`cluster` is only written by `promgen build`"),
    ],
)
def test_what_cannot_be_pushed_is_a_mistake_of_usage(shop: Path, target: str, message: str) -> None:
    done = promgen(shop, "push", target, "--yes")
    assert done.code == 2
    assert message in done.err


def test_without_its_secret_nothing_is_sent(
    shop: Path, mimir: Mimir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CENTRAL_TOKEN")
    done = promgen(shop, "push", "central", "--yes")
    assert done.code == 2
    assert "the environment variable `CENTRAL_TOKEN` is not set" in done.err
    assert mimir.requests == []


def test_a_failure_says_which_targets_were_pushed_and_which_were_not_tried(shop: Path, mimir: Mimir) -> None:
    mimir.rules_per_group = 2
    (shop / "other").mkdir()
    deliver(shop, "  - name: other\n    prometheus: {folder: other}\n")
    done = promgen(shop, "push", "local", "central", "other", "--yes")
    assert done.code == 4
    assert "push to central failed" in done.err
    assert "rules per rule group limit" in done.err
    assert "holds what it held before" in done.err
    assert "local was pushed before" in done.err
    assert "other was not tried" in done.err
    assert held(mimir) == []
    assert list((shop / "other").iterdir()) == []


def test_a_failure_is_in_the_json_as_well(shop: Path, mimir: Mimir) -> None:
    mimir.rules_per_group = 2
    done = as_json(shop, "push", "central", "--yes")
    assert done.code == 4
    assert done.data["pushed"] is False
    assert "push to central failed" in done.data["failed"][0]


def test_what_a_server_says_cannot_move_the_cursor(shop: Path, mimir: Mimir) -> None:
    mimir.protected = {"shop/shop/checkout"}
    mimir.groups["shop"] = {"shop/\x1b[2J": {"\x1b[1A": {"name": "\x1b[1A", "rules": []}}}
    done = promgen(shop, "push", "central", "--yes")
    assert done.code == 4
    assert "\x1b[" not in done.out + done.err


def test_two_deliveries_cannot_own_one_namespace(shop: Path, mimir: Mimir) -> None:
    again = f"""\
  - name: again
    mimir: {{url: "{mimir.url}/prometheus/config/v1/rules/", tenant: shop, token: {{env: CENTRAL_TOKEN}}}}
"""
    deliver(shop, again)
    done = promgen(shop, "push", "central", "--yes")
    assert done.code == 2
    assert "`central` and `again` both own the namespace `shop` of one tenant" in done.err
    assert mimir.requests == []
    path = shop / "promgen.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('rules/", tenant: shop', 'rules/", tenant: shop, namespace: more'), encoding="utf-8"
    )
    assert promgen(shop, "push", "central", "again", "--yes").code == 0
    assert sorted(mimir.held()) == ["more/shop/checkout", "shop/shop/checkout"]


def test_a_url_of_the_api_itself_is_used_as_it_is(shop: Path, mimir: Mimir) -> None:
    mimir.path = "/api/v1/rules"
    deliver(
        shop,
        f"""\
  - name: cortex
    mimir: {{url: "{mimir.url}/api/v1/rules", tenant: shop, token: {{env: CENTRAL_TOKEN}}}}
""",
    )
    assert promgen(shop, "push", "cortex", "--yes").code == 0
    assert held(mimir) == GROUPS


def test_two_files_cannot_be_one_namespace(shop: Path, mimir: Mimir) -> None:
    for name in ("shop.yaml", "shop.yml"):
        (shop / name).write_text(LOGS, encoding="utf-8")
    files = f"""\
  - name: logs
    files: [shop.yaml, shop.yml]
    loki: {{url: "{mimir.url}", tenant: shop, token: {{env: CENTRAL_TOKEN}}}}
"""
    deliver(shop, files)
    done = promgen(shop, "push", "logs", "--yes")
    assert (done.code, mimir.requests) == (2, [])
    assert "shop.yaml and shop.yml would both be the namespace `shop/shop`" in done.err


def test_rule_files_in_logql_go_to_loki(shop: Path, mimir: Mimir) -> None:
    mimir.path = "/loki/api/v1/rules"
    (shop / "logs").mkdir()
    (shop / "logs/shop.yaml").write_text(LOGS, encoding="utf-8")
    deliver(
        shop,
        f"""\
  - name: logs
    files: [logs/shop.yaml]
    loki: {{url: "{mimir.url}", tenant: shop, token: {{env: CENTRAL_TOKEN}}}}
""",
    )
    assert promgen(shop, "push", "logs", "--yes").code == 0
    assert list(mimir.held()) == ["shop/logs/shop"]
    assert promgen(shop, "push", "logs", "--dry-run").out.endswith("0 deleted, 1 unchanged\n")
    (shop / "logs/shop.yaml").write_text(LOGS.replace('"high"', "010"), encoding="utf-8")
    done = promgen(shop, "push", "logs", "--yes")
    assert done.code == 2
    assert "the value of `severity` in `labels` is no text; put it in quotes" in done.err


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 130)])
def test_a_person_at_a_terminal_is_asked_once(shop: Path, mimir: Mimir, answer: str, code: int) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "promgen", "-C", str(shop), "push", "central"]
    environment = {**os.environ, "CENTRAL_TOKEN": "s3cret"}
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    try:
        os.write(ours, f"{answer}\n".encode())
        shown = _read(ours)
        assert process.wait(60) == code
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert shown.count("push to central?") == 1
    assert ("1/4 create shop/shop/checkout" in shown) == (code == 0)
    assert held(mimir) == (GROUPS if code == 0 else [])


def _read(terminal: int) -> str:
    """Everything until the other side has ended, which a terminal reports as an error."""
    shown = b""
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:
        pass
    return shown.decode()
