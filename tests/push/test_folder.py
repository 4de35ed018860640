"""A push into the folder of a real server: files, reload, whether it runs them, and the way back when it refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from promgen.base.errors import OutsideError, PromgenError, UsageError
from promgen.base.paths import LOCAL_FOLDER, LOCK_FILE
from promgen.changes.difference import Status
from promgen.clients.exchange import Endpoint, Patience
from promgen.clients.reload import ReloadApi
from promgen.delivery.folder import prepare_folder
from promgen.delivery.push import Push, PushError, carry_out
from promgen.model.delivery import Folder, FolderReader
from tests.real import Install, Prometheus
from tests.real.alertmanager import Alertmanager, runnable
from tests.real.victoriametrics import VictoriaMetrics, Vmalert

PATIENCE = Patience(first=0.1)
RULES = """\
groups:
  - name: {name}
    interval: 1m
    rules:
      - record: {name}:x
        expr: {expr}
      - alert: Down
        expr: up == 0
        for: 90m
"""


def rules(name: str, expr: str = "sum by (job) (up)") -> bytes:
    return RULES.format(name=name, expr=expr).encode()


def server(url: str) -> ReloadApi:
    return ReloadApi(endpoint=Endpoint(url), patience=PATIENCE)


def prepare(
    folder: Path,
    files: Mapping[str, bytes],
    url: str = "",
    reader: FolderReader = "prometheus",
    name: str = "main",
) -> Push:
    to = Folder(reader=reader, folder=str(folder))
    return prepare_folder(name, to, files, folder.parent, server(url) if url else None)


def push(
    folder: Path,
    files: Mapping[str, bytes],
    url: str = "",
    reader: FolderReader = "prometheus",
    name: str = "main",
) -> Push:
    found = prepare(folder, files, url, reader, name)
    carry_out(found, lambda text: None)
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """The files in a folder, without those that promgen keeps for itself."""
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != LOCK_FILE
    }


def statuses(found: Push) -> dict[str, Status]:
    return {one.name: one.status for one in found.planned}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


@pytest.fixture(autouse=True)
def no_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a machine has on its PATH decides nothing here."""
    monkeypatch.setenv("PATH", "/nowhere")


# --- without a server


def test_files_are_written_changed_and_deleted_and_others_left_alone(folder: Path) -> None:
    (folder / "mine.yaml").write_text("groups: []", encoding="utf-8")
    push(folder, {"a.rules.yaml": rules("a"), "b.rules.yaml": rules("b")})
    found = push(folder, {"a.rules.yaml": rules("a", "max(up)"), "c.rules.yaml": rules("c")})
    assert statuses(found) == {
        "a.rules.yaml": Status.CHANGED,
        "b.rules.yaml": Status.REMOVED,
        "c.rules.yaml": Status.ADDED,
    }
    assert contents(folder) == {
        "a.rules.yaml": rules("a", "max(up)"),
        "c.rules.yaml": rules("c"),
        "mine.yaml": b"groups: []",
    }
    assert prepare(folder, {"a.rules.yaml": rules("a", "max(up)"), "c.rules.yaml": rules("c")}).steps == ()


def test_files_that_were_copied_by_hand_are_adopted(folder: Path) -> None:
    (folder / "a.rules.yaml").write_bytes(rules("a"))
    assert statuses(push(folder, {"a.rules.yaml": rules("a")})) == {"a.rules.yaml": Status.UNCHANGED}
    assert statuses(push(folder, {"a.rules.yaml": rules("b")})) == {"a.rules.yaml": Status.CHANGED}
    assert prepare(folder, {"a.rules.yaml": rules("b")}).steps == ()


def test_a_file_of_somebody_else_is_not_overwritten(folder: Path) -> None:
    (folder / "a.rules.yaml").write_text("groups: []", encoding="utf-8")
    with pytest.raises(OutsideError, match=r"a\.rules\.yaml: promgen did not write it"):
        prepare(folder, {"a.rules.yaml": rules("a")})
    assert contents(folder) == {"a.rules.yaml": b"groups: []"}


def test_an_edit_in_the_folder_is_said_before_it_is_gone(folder: Path) -> None:
    push(folder, {"a.rules.yaml": rules("a"), "b.rules.yaml": rules("b")})
    (folder / "a.rules.yaml").write_bytes(rules("a", "edited"))
    (folder / "b.rules.yaml").write_bytes(rules("b", "edited"))
    found = prepare(folder, {"a.rules.yaml": rules("a")})
    assert found.notes[:2] == (
        "a.rules.yaml was edited there since the last push; the edit will be gone",
        "b.rules.yaml is not delivered any more, but was edited there; remove it yourself",
    )
    carry_out(found, lambda text: None)
    assert contents(folder) == {"a.rules.yaml": rules("a"), "b.rules.yaml": rules("b", "edited")}


def test_a_folder_belongs_to_one_delivery(folder: Path) -> None:
    push(folder, {"a.rules.yaml": rules("a")})
    with pytest.raises(UsageError, match="folder of the delivery `main`"):
        prepare(folder, {}, name="other")


def test_the_folder_of_a_build_is_none_for_a_delivery(folder: Path) -> None:
    lock = '{"schema": 1, "generator": "1", "options": {}, "files": {}, "meanings": {}}'
    (folder / LOCK_FILE).write_text(lock, encoding="utf-8")
    with pytest.raises(UsageError, match="of the build of a project"):
        prepare(folder, {})


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="there is no folder"):
        prepare(tmp_path / "typo", {"a.rules.yaml": rules("a")})
    assert not (tmp_path / "typo").exists()


def test_a_file_outside_the_folder_cannot_be_named(folder: Path) -> None:
    with pytest.raises(PromgenError, match=r"it contains `\.\.`"):
        prepare(folder, {"../a.rules.yaml": rules("a")})
    assert not (folder.parent / "a.rules.yaml").exists()


# --- with a real Prometheus


@pytest.fixture
def prometheus(install: Install, folder: Path, tmp_path: Path) -> Iterator[Prometheus]:
    with Prometheus(install, tmp_path / "prometheus", rule_files=[folder / "*.rules.yaml"]) as running:
        yield running


def groups(running: Prometheus) -> set[str]:
    return {state.group for state in running.rules()}


def test_prometheus_runs_what_was_pushed(prometheus: Prometheus, folder: Path) -> None:
    found = prepare(folder, {"a.rules.yaml": rules("a")}, prometheus.url)
    assert groups(prometheus) == set()
    carry_out(found, lambda text: None)
    assert groups(prometheus) == {"a"}
    push(folder, {"b.rules.yaml": rules("b")}, prometheus.url)
    assert groups(prometheus) == {"b"}


def test_what_prometheus_refuses_is_taken_back(prometheus: Prometheus, folder: Path) -> None:
    good = {"a.rules.yaml": rules("a"), "b.rules.yaml": rules("b")}
    push(folder, good, prometheus.url)
    lock = (folder / LOCK_FILE).read_bytes()
    with pytest.raises(PushError, match="answered 500") as failure:
        push(folder, {"a.rules.yaml": rules("a", "sum("), "c.rules.yaml": rules("c")}, prometheus.url)
    assert failure.value.is_undone
    assert contents(folder) == good
    assert (folder / LOCK_FILE).read_bytes() == lock
    assert groups(prometheus) == {"a", "b"}


def test_the_first_push_leaves_nothing_when_it_is_refused(prometheus: Prometheus, folder: Path) -> None:
    with pytest.raises(PushError) as failure:
        push(folder, {"a.rules.yaml": rules("a", "sum(")}, prometheus.url)
    assert failure.value.is_undone
    assert [path.name for path in folder.iterdir()] == [LOCAL_FOLDER]


def test_a_server_that_reads_another_folder_is_found_out(
    install: Install, folder: Path, tmp_path: Path
) -> None:
    patience = Patience(first=0.001)
    with Prometheus(install, tmp_path / "prometheus", rule_files=[tmp_path / "*.yaml"]) as running:
        api = ReloadApi(endpoint=Endpoint(running.url), patience=patience)
        to = Folder(reader="prometheus", folder="folder")
        found = prepare_folder("main", to, {"a.rules.yaml": rules("a")}, tmp_path, api)
        with pytest.raises(PushError, match="does not run group a; does its configuration name") as failure:
            carry_out(found, lambda text: None)
    assert failure.value.is_undone
    assert contents(folder) == {}


def test_of_a_server_that_is_gone_nothing_is_claimed(install: Install, folder: Path, tmp_path: Path) -> None:
    with Prometheus(install, tmp_path / "prometheus", rule_files=[folder / "*.rules.yaml"]) as running:
        url = running.url
    api = ReloadApi(endpoint=Endpoint(url), patience=Patience(first=0.001))
    to = Folder(reader="prometheus", folder="folder")
    found = prepare_folder("main", to, {"a.rules.yaml": rules("a")}, tmp_path, api)
    with pytest.raises(PushError, match="holds now cannot be read") as failure:
        carry_out(found, lambda text: None)
    assert not failure.value.is_undone
    assert contents(folder) == {}


@pytest.mark.usefixtures("prometheus")
def test_promtool_refuses_before_anything_is_written(
    install: Install, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(install.promtool.parent))
    with pytest.raises(OutsideError, match="promtool refuses the files, nothing was pushed"):
        prepare(folder, {"a.rules.yaml": rules("a", "sum(")})
    assert list(folder.iterdir()) == []
    push(folder, {"a.rules.yaml": rules("a")})


# --- with a real Alertmanager

ROUTES = """\
route:
  receiver: {receiver}
  group_by: [alertname]
  routes:
    - matchers: [tier="P0"]
      receiver: pager
      continue: true
receivers:
  - name: {receiver}
  - name: pager
templates: [promgen.tmpl]
"""
TEMPLATE = b'{{ define "text" }}{{ .Status }}{{ end }}\n'


def routes(receiver: str = "chat") -> dict[str, bytes]:
    return {"alertmanager.yml": ROUTES.format(receiver=receiver).encode(), "promgen.tmpl": TEMPLATE}


def test_an_alertmanager_runs_what_was_pushed_and_keeps_what_it_had_when_it_refuses(
    install: Install, folder: Path, tmp_path: Path
) -> None:
    push(folder, routes(), reader="alertmanager")
    with Alertmanager(install, tmp_path / "alertmanager", folder / "alertmanager.yml") as running:
        push(folder, routes("other"), running.url, "alertmanager")
        assert "name: other" in running.ask("GET", "status")["config"]["original"]
        broken = routes("third") | {"promgen.tmpl": b'{{ define "text" }}'}
        with pytest.raises(PushError, match="answered 500") as failure:
            push(folder, broken, running.url, "alertmanager")
        assert failure.value.is_undone
        assert contents(folder) == routes("other")
        assert "name: other" in running.ask("GET", "status")["config"]["original"]


def test_an_alertmanager_that_reads_another_file_is_found_out(
    install: Install, folder: Path, tmp_path: Path
) -> None:
    config = {"route": {"receiver": "mine"}, "receivers": [{"name": "mine"}]}
    with Alertmanager(install, tmp_path / "alertmanager", config) as running:
        api = ReloadApi(endpoint=Endpoint(running.url), patience=Patience(first=0.001))
        to = Folder(reader="alertmanager", folder="folder")
        found = prepare_folder("main", to, routes(), tmp_path, api)
        with pytest.raises(PushError, match=r"does not run alertmanager\.yml") as failure:
            carry_out(found, lambda text: None)
    assert failure.value.is_undone
    assert contents(folder) == {}


def test_a_server_of_another_kind_is_found_out(install: Install, folder: Path, tmp_path: Path) -> None:
    """It reads its own files again when asked to, and has no rules."""
    config = {"route": {"receiver": "mine"}, "receivers": [{"name": "mine"}]}
    with Alertmanager(install, tmp_path / "alertmanager", config) as running:
        found = prepare(folder, {"a.rules.yaml": rules("a")}, running.url)
        with pytest.raises(PushError, match="holds now cannot be read"):
            carry_out(found, lambda text: None)
    assert contents(folder) == {}
    assert not (folder / LOCK_FILE).exists()


def test_amtool_refuses_before_anything_is_written(
    install: Install, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runnable(install)
    monkeypatch.setenv("PATH", str(install.program("amtool").parent))
    broken = {"alertmanager.yml": b"route: {receiver: nobody}\nreceivers: [{name: a}]\n"}
    with pytest.raises(OutsideError, match="amtool refuses the files"):
        prepare(folder, broken, reader="alertmanager")
    push(folder, routes(), reader="alertmanager")
    assert contents(folder) == routes()


# --- with a real vmalert


@pytest.fixture
def vmalert(installs: tuple[Install, ...], folder: Path, tmp_path: Path) -> Iterator[Vmalert]:
    newest = installs[-1]
    with (
        VictoriaMetrics(newest, tmp_path / "storage") as storage,
        Vmalert(newest, tmp_path / "vmalert", storage, rules=[folder / "*.rules.yaml"]) as running,
    ):
        yield running


def test_vmalert_runs_what_was_pushed_and_what_it_does_not_take_is_taken_back(
    vmalert: Vmalert, folder: Path
) -> None:
    push(folder, {"a.rules.yaml": rules("a")}, vmalert.url, "victoriametrics")
    assert {state.group for state in vmalert.rules()} == {"a"}
    broken = {"a.rules.yaml": rules("a", "max(up)"), "b.rules.yaml": rules("b", "sum(")}
    with pytest.raises(PushError, match="does not run group b") as failure:
        push(folder, broken, vmalert.url, "victoriametrics")
    assert failure.value.is_undone
    assert contents(folder) == {"a.rules.yaml": rules("a")}
    push(folder, {"c.rules.yaml": rules("c")}, vmalert.url, "victoriametrics")
    vmalert.wait_until(lambda: {state.group for state in vmalert.rules()} == {"c"})


def test_vmalert_refuses_before_anything_is_written(
    installs: tuple[Install, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(installs[-1].program("vmalert").parent))
    with pytest.raises(OutsideError, match="vmalert refuses the files"):
        prepare(folder, {"a.rules.yaml": rules("a", "sum(")}, reader="victoriametrics")
    push(folder, {"a.rules.yaml": rules("a")}, reader="victoriametrics")
