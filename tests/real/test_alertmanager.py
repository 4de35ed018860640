"""The harness runs a real Alertmanager, shows what it delivers and holds, and leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.real import Install, ServerError
from tests.real.alertmanager import Alertmanager, WebhookServer


def config(hook: WebhookServer) -> dict[str, Any]:
    return {
        "route": {"receiver": "chat", "group_wait": "0s", "group_interval": "1s"},
        "receivers": [{"name": "chat", "webhook_configs": [{"url": hook.url("/chat")}]}],
    }


def test_an_alert_is_delivered_held_and_resolved(install: Install, tmp_path: Path) -> None:
    with WebhookServer() as hook, Alertmanager(install, tmp_path, config(hook)) as server:
        server.post_alerts({"alertname": "Down"}, annotations={"summary": "it is down"})
        server.wait_until(lambda: hook.at("/chat"))
        assert hook.at("/chat")[0].labels == [{"alertname": "Down"}]
        assert [(one.labels, one.receivers) for one in server.alerts()] == [
            ({"alertname": "Down"}, ("chat",))
        ]
        server.post_alerts({"alertname": "Down"}, ended=True)
        server.wait_until(lambda: [one for one in hook.at("/chat") if one.data["status"] == "resolved"])
        assert server.complaints() == []


def test_a_configuration_that_is_refused_says_why(install: Install, tmp_path: Path) -> None:
    server = Alertmanager(install, tmp_path, {"route": {"receiver": "nobody"}})
    with pytest.raises(ServerError, match="nobody"):
        server.start()
    assert server.pid is None


def test_a_reload_that_is_refused_says_why(install: Install, tmp_path: Path) -> None:
    with WebhookServer() as hook, Alertmanager(install, tmp_path, config(hook)) as server:
        server.config = {"route": {"receiver": "nobody"}}
        with pytest.raises(ServerError, match="nobody"):
            server.reload()


def test_a_failed_test_leaves_no_server_behind(install: Install, tmp_path: Path) -> None:
    pids: list[int] = []

    def fail() -> None:
        with WebhookServer() as hook, Alertmanager(install, tmp_path, config(hook)) as server:
            pids.append(server.pid or 0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
