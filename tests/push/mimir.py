"""A ruler's configuration API in the test's process, as strict as Mimir documents its own, with failures on demand.

One group a request, in YAML; a tenant in every request; limits, where a group that is replaced counts as one more; protected
namespaces; 404 for a tenant without rules and for a group that is not there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal
from urllib.parse import unquote

import yaml

from promgen.base.durations import Duration

PATH = "/prometheus/config/v1/rules"
GROUP_FIELDS = {"name", "interval", "query_offset", "limit", "labels", "source_tenants", "rules"}
RULE_FIELDS = {"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"}

Fault = Literal["refuse", "fail", "drop before", "drop after", "busy", "slow"]
"""What goes wrong with a write: refused or failed and not done; cut off before or after it was done; busy or slow once."""
STATUSES: dict[Fault | None, int] = {"refuse": 400, "fail": 500, "busy": 429}


@dataclass
class Mimir:
    """The state of the server, and how it behaves."""

    groups: dict[str, dict[str, dict[str, dict[str, Any]]]] = field(default_factory=dict)
    """By tenant, namespace and name."""
    rules_per_group: int = 20
    groups_per_tenant: int = 70
    protected: set[str] = field(default_factory=set)
    authorization: str = ""
    path: str = PATH
    """Loki has the same API elsewhere."""
    faults: dict[int, Fault] = field(default_factory=dict)
    """By the number of the write, the first is 1; a retry is another write."""
    broken_from: int = 0
    """The number of the write from which on all fail; 0 is never."""
    delay: float = 0.2
    """Seconds that a slow answer takes."""
    forgets: bool = False
    """Whether it accepts groups and does not keep them."""
    writes: int = 0
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def held(self, tenant: str = "shop") -> dict[str, dict[str, dict[str, Any]]]:
        """A copy of what a tenant has."""
        copied: dict[str, dict[str, dict[str, Any]]] = json.loads(json.dumps(self.groups.get(tenant, {})))
        return copied


@contextmanager
def running(mimir: Mimir) -> Iterator[Mimir]:
    """The server on a free port of loopback; its state may be looked at and changed at any time."""
    server = _Server(mimir)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    mimir.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield mimir
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Refusal(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Server(ThreadingHTTPServer):
    def __init__(self, mimir: Mimir) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mimir = mimir


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.serve("GET", None)

    def do_POST(self) -> None:
        self.serve("POST", self.fault())

    def do_DELETE(self) -> None:
        self.serve("DELETE", self.fault())

    def fault(self) -> Fault | None:
        mimir = self.server.mimir
        mimir.writes += 1
        if mimir.broken_from and mimir.writes >= mimir.broken_from:
            return "fail"
        return mimir.faults.get(mimir.writes)

    def serve(self, method: str, fault: Fault | None) -> None:
        mimir = self.server.mimir
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        mimir.requests.append((method, self.path, dict(self.headers.items())))
        if fault == "drop before":
            self.cut()
            return
        try:
            if fault in STATUSES:
                raise _Refusal(STATUSES[fault], "the test wants it so")
            status, text = _serve(mimir, method, self.path, self.headers, body)
        except _Refusal as refusal:
            status, text = refusal.status, f"{refusal}\n"
        if fault == "drop after":
            self.cut()
            return
        if fault == "slow":
            time.sleep(mimir.delay)
        self.answer(status, text)

    def cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def answer(self, status: int, text: str) -> None:
        content = text.encode()
        try:
            self.send_response(status)
            if status == STATUSES["busy"]:
                self.send_header("Retry-After", "2")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client had enough of a slow answer

    def log_message(self, format: str, *args: object) -> None:
        """Requests are kept, not printed."""


def _serve(mimir: Mimir, method: str, path: str, headers: Any, body: bytes) -> tuple[int, str]:
    if mimir.authorization and headers.get("Authorization") != mimir.authorization:
        raise _Refusal(401, "unauthorised")
    tenant = headers.get("X-Scope-OrgID")
    if not tenant:
        raise _Refusal(401, "no org id")
    if path != mimir.path and not path.startswith(f"{mimir.path}/"):
        raise _Refusal(404, "404 page not found")
    names = [unquote(part) for part in path.removeprefix(mimir.path).split("/")[1:]]
    namespaces = mimir.groups.setdefault(tenant, {})
    match method, names:
        case "GET", []:
            if not any(namespaces.values()):
                raise _Refusal(404, "no rule groups found")
            shown = {name: list(groups.values()) for name, groups in sorted(namespaces.items()) if groups}
            return 200, yaml.safe_dump(shown, sort_keys=False, default_flow_style=False)
        case "POST", [namespace]:
            _check_protection(mimir, namespace, headers)
            group = _checked(mimir, body, sum(map(len, namespaces.values())))
            if not mimir.forgets:
                namespaces.setdefault(namespace, {})[group["name"]] = group
        case "DELETE", [namespace, name]:
            _check_protection(mimir, namespace, headers)
            if name not in namespaces.get(namespace, {}):
                raise _Refusal(404, "group does not exist")
            del namespaces[namespace][name]
        case _:
            raise _Refusal(405, "")
    return 202, json.dumps({"status": "success", "data": None, "errorType": "", "error": ""})


def _check_protection(mimir: Mimir, namespace: str, headers: Any) -> None:
    overridden = (headers.get("X-Mimir-Ruler-Override-Namespace-Protection") or "").split(",")
    if namespace in mimir.protected and namespace not in overridden:
        raise _Refusal(403, f"namespace {namespace} is protected, no protection override header")


def _checked(mimir: Mimir, body: bytes, count: int) -> dict[str, Any]:
    """The group in a body, with its durations as Go prints them."""
    group = _parsed(body)
    rules = group["rules"]
    if any(("record" in rule) == ("alert" in rule) or not rule.get("expr") for rule in rules):
        raise _Refusal(400, "a rule either records or alerts, and has an expression")
    if len(rules) > mimir.rules_per_group:
        text = f"per-user rules per rule group limit (limit: {mimir.rules_per_group} actual: {len(rules)}) exceeded"
        raise _Refusal(400, text)
    if count + 1 > mimir.groups_per_tenant:
        text = f"per-user rule groups limit (limit: {mimir.groups_per_tenant} actual: {count + 1}) exceeded"
        raise _Refusal(400, text)
    for fields in (group, *rules):
        fields |= {
            key: str(Duration.parse(fields[key]))
            for key in ("interval", "for", "keep_firing_for", "query_offset")
            if key in fields
        }
    return dict(group)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        group: dict[str, Any] = yaml.safe_load(body)
        if (
            set(group) <= GROUP_FIELDS
            and group["name"]
            and all(set(one) <= RULE_FIELDS for one in group["rules"])
        ):
            return group
    except (yaml.YAMLError, KeyError, TypeError):
        pass
    raise _Refusal(400, "the body is not one rule group")
