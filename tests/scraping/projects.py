"""Projects that say what is scraped: compiled, written to disk, and loaded by the real programs."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from promgen.base.diagnostics import Diagnostics
from promgen.compiler.pipeline import Output
from promgen.compiler.source.nodes import plain
from promgen.compiler.source.yamltext import parse_documents
from tests.real import Install, Prometheus, wait_until

ENVIRONMENTS = """\
apiVersion: promgen/v1
kind: Environment
metadata: {name: production, system: shop}
spec:
  selector: {env: production}
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: staging, system: shop}
spec:
  selector: {env: staging}
"""
CART = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: cart, system: shop}
spec:
  owner: people
  selector: {job: cart}
  slos:
    - name: availability
      objective: 99%
      window: 30d
      sli:
        ratio:
          total: {metric: requests_total}
          bad: {selector: {code: "500"}}
"""
PATIENCE = 30.0


def job(body: str, name: str = "cart", kind: str = "ScrapeJob", system: str = "shop") -> str:
    """A ScrapeJob or a Probe with the given lines in its spec."""
    lines = "".join(f"  {line}\n" for line in body.strip().split("\n"))
    head = f"apiVersion: promgen/v1\nkind: {kind}\nmetadata: {{name: {name}, system: {system}}}\nspec:\n"
    return head + lines


def write_output(output: Output, root: Path) -> Path:
    """Every file of a build, and the folder of the server's configuration."""
    for path, artifact in output.tree.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(artifact.content)
    return root / "rules/prometheus"


def read_yaml(path: Path) -> Any:
    """The data of a generated YAML file."""
    documents = list(parse_documents(path.read_text(encoding="utf-8"), path.name, Diagnostics()))
    assert documents[0].root is not None
    return plain(documents[0].root)


def check_config(install: Install, config: Path) -> str:
    """What promtool says to a configuration that it must accept, files that it names included."""
    done = subprocess.run(
        [install.promtool, "check", "config", config], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def swap_kubernetes(install: Install, config: Path) -> None:
    """Debian builds its older Prometheus without Kubernetes: there the discovery gives way to one by file."""
    asked = config.with_name("kubernetes.json")
    asked.write_text('{"scrape_configs": [{"job_name": "a", "kubernetes_sd_configs": [{"role": "pod"}]}]}')
    done = subprocess.run([install.promtool, "check", "config", asked], capture_output=True, check=False)
    asked.unlink()
    if done.returncode == 0:
        return
    data = read_yaml(config)
    for scrape in data["scrape_configs"]:
        if scrape.pop("kubernetes_sd_configs", None):
            scrape["file_sd_configs"] = [{"files": ["targets/none*.json"]}]
    config.write_text(json.dumps(data), encoding="utf-8")


class Configured(Prometheus):
    """A Prometheus that loads a configuration file as it is."""

    def __init__(self, install: Install, folder: Path, config: Path, flags: Sequence[str] = ()) -> None:
        super().__init__(install, folder, flags=flags)
        self._file = config

    @property
    def _config_path(self) -> Path:
        return self._file

    def _write_config(self) -> None:
        """It is there already."""

    def targets(self) -> list[Mapping[str, Any]]:
        """Every target that is scraped, with its labels."""
        found: list[Mapping[str, Any]] = self.ask("targets")["activeTargets"]
        return found


def free_port() -> int:
    """A port of loopback that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def blackbox(install: Install, config: Path, port: int, folder: Path) -> Iterator[None]:
    """A blackbox exporter on a port, stopped at the end."""
    program = install.program("prometheus-blackbox-exporter")
    command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "blackbox.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_until(lambda: process.poll() is None and _answers(port), PATIENCE, "the blackbox exporter")
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
