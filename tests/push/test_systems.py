"""The four systems are pushed to real servers: everything arrives, and a second push has nothing to do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from promgen.delivery.silences import owned_name
from tests.cli.terminal import as_json, promgen
from tests.docs.pages import REPOSITORY
from tests.push.mimir import Mimir, running
from tests.real import Install, Prometheus, release_of_program
from tests.real.alertmanager import Alertmanager

LATER = """\
metadata: {name: move, system: workflow-engine}
spec:
  from: "2099-12-05T20:00:00Z"
  to: "2099-12-05T23:00:00Z"
  reason: The hosts are replaced.
  owner: workflow-operations
  matchers: {system: workflow-engine, environment: staging}
"""


@pytest.fixture
def mimir() -> Iterator[Mimir]:
    with running(Mimir(groups_per_tenant=100_000)) as server:
        yield server


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The specifications of the repository, and folders to deliver to."""
    root = tmp_path / "project"
    shutil.copytree(REPOSITORY / "slo-specs", root / "slo-specs")
    text = (REPOSITORY / "promgen.yaml").read_text(encoding="utf-8")
    (root / "promgen.yaml").write_text(f"{text}deliveries:\n", encoding="utf-8")
    (root / "rules-target").mkdir()
    (root / "routes-target").mkdir()
    return root


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def deliver(project: Path, delivery: str) -> None:
    with (project / "promgen.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  - {delivery}\n")


def names_of_groups(project: Path) -> list[str]:
    """Of every compiled rule file."""
    lines = [
        line
        for path in (project / "rules-target").glob("*.rules.yaml")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [line.split(":", 1)[1].strip().strip("'") for line in lines if line.startswith("  - name:")]


def test_rules_arrive_at_a_prometheus(install: Install, project: Path, tmp_path: Path) -> None:
    rule_files = [project / "rules-target/*.rules.yaml"]
    with Prometheus(install, tmp_path / "server", rule_files=rule_files) as server:
        deliver(
            project, f'{{name: local, prometheus: {{folder: rules-target, reload: {{url: "{server.url}"}}}}}}'
        )
        done = promgen(project, "push", "local", "--yes")
        assert (done.code, done.out.splitlines()[-1]) == (0, "pushed to local"), done.err
        assert {state.group for state in server.rules()} == set(names_of_groups(project))
        assert promgen(project, "push", "local").out.endswith("nothing to push\n")


def test_routes_and_silences_arrive_at_an_alertmanager(
    install: Install, project: Path, tmp_path: Path
) -> None:
    folder, settings = project / "routes-target", project / "promgen.yaml"
    release = ".".join(map(str, release_of_program(install.program("amtool"))))
    edit(settings, "\ntarget:\n", f'\ntarget:\n  alertmanager: "{release}"\n')
    deliver(project, "{name: alerts, alertmanager: {folder: routes-target}}")
    assert promgen(project, "push", "alerts", "--yes").code == 0
    with Alertmanager(install, tmp_path / "server", folder / "alertmanager.yml") as server:
        edit(settings, "folder: routes-target", f'folder: routes-target, reload: {{url: "{server.url}"}}')
        routing = project / "slo-specs/workflow-engine/routing.yaml"
        edit(routing, "groupWait: 5s", "groupWait: 7s")
        edit(routing, "kind: Silence", f"kind: Silence\n{LATER}---\napiVersion: promgen/v1\nkind: Silence")
        done = as_json(project, "push", "alerts", "--yes")
        assert done.code == 0, done.err
        (target,) = done.data["targets"]
        assert ("alertmanager.yml", "changed") in {(one["name"], one["status"]) for one in target["planned"]}
        assert "group_wait: 7s" in server.ask("GET", "status")["config"]["original"]
        assert "move" in {owned_name(one, "promgen") for one in server.ask("GET", "silences")}
        again = promgen(project, "push", "alerts")
        assert again.out.endswith("nothing to push\n"), again.out


def test_rules_arrive_at_a_ruler_within_its_limit(project: Path, mimir: Mimir) -> None:
    deliver(project, f'{{name: central, mimir: {{url: "{mimir.url}", tenant: shop, groups: 0}}}}')
    deliver(project, "{name: local, prometheus: {folder: rules-target}}")
    done = promgen(project, "push", "--all", "--yes")
    assert (done.code, done.out.splitlines()[-1]) == (0, "pushed to central, local"), done.err
    held = mimir.held()
    assert {name for groups in held.values() for name in groups} >= set(names_of_groups(project))
    assert max(len(group["rules"]) for groups in held.values() for group in groups.values()) <= 20
    assert promgen(project, "push", "--all").out.endswith("nothing to push\n")
