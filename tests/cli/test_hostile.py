"""Inputs that are broken on purpose end with a message and a code, soon and without reading or writing elsewhere."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import Done, as_json, promgen

pytestmark = pytest.mark.timeout(20)


@pytest.fixture
def hostile(shop: Path) -> Path:
    """Where the hostile file goes."""
    return shop / "slo-specs/hostile.yaml"


def build(hostile: Path) -> Done:
    return promgen(hostile.parents[1], "build")


def test_aliases_that_multiply(hostile: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    hostile.write_text("\n".join(lines), encoding="utf-8")
    done = build(hostile)
    assert done.code == 1
    assert "error[source/too-many-nodes]" in done.err


def test_a_file_of_100_megabytes(hostile: Path) -> None:
    with hostile.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    done = build(hostile)
    assert done.code == 1
    assert "error[source/file-too-large]: the file has 104,857,600 bytes" in done.err


@pytest.mark.parametrize("deep", ["[" * 100_000, "- " * 100_000, "{a: " * 100_000])
def test_nesting_of_100_000_levels(hostile: Path, deep: str) -> None:
    hostile.write_text(deep, encoding="utf-8")
    done = build(hostile)
    assert done.code == 1
    assert "error[source/too-deep]" in done.err


@pytest.mark.parametrize("key", ["inputs: [../outside]", "inputs: [/etc]", "outputs: {rules: ../outside}"])
def test_folders_outside_of_the_project(shop: Path, key: str) -> None:
    (shop.parent / "outside").mkdir()
    with (shop / "promgen.yaml").open("a", encoding="utf-8") as file:
        file.write(key + "\n")
    done = promgen(shop, "build")
    assert done.code == 1
    assert "error[source/outside-project]" in done.err
    assert list((shop.parent / "outside").iterdir()) == []


def test_a_link_out_of_the_project(hostile: Path) -> None:
    outside = hostile.parents[2] / "secret.yaml"
    outside.write_text("secret: 1\n", encoding="utf-8")
    hostile.symlink_to(outside)
    done = build(hostile)
    assert done.code == 1
    assert "error[source/outside-project]: `slo-specs/hostile.yaml` leads outside" in done.err
    assert "secret" not in done.err


def test_a_link_to_a_folder_is_not_passed_over_in_silence(hostile: Path) -> None:
    (hostile.parents[1] / "more").mkdir()
    (hostile.parent / "more").symlink_to(hostile.parents[1] / "more")
    done = build(hostile)
    assert done.code == 4
    assert "cannot read slo-specs/more: a link to a folder" in done.err


@pytest.mark.parametrize("target", ["hostile.yaml", "missing.yaml"])
def test_a_link_that_leads_nowhere(hostile: Path, target: str) -> None:
    hostile.symlink_to(target)
    done = build(hostile)
    assert done.code == 4
    assert "cannot read slo-specs/hostile.yaml" in done.err


def test_a_pipe_is_not_waited_for(hostile: Path) -> None:
    os.mkfifo(hostile)
    done = build(hostile)
    assert done.code == 4
    assert "cannot read slo-specs/hostile.yaml: it is not a file" in done.err


def test_a_folder_with_the_name_of_a_file_is_a_folder(hostile: Path) -> None:
    hostile.mkdir()
    (hostile / "team.yaml").write_text("kind: Nothing\n", encoding="utf-8")
    assert "--> slo-specs/hostile.yaml/team.yaml:1" in build(hostile).err


def test_a_name_that_is_not_text(hostile: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(hostile.parent) + b"/\xff.yaml")).write_text("{}", encoding="utf-8")
    except OSError:
        pytest.skip("this file system has no such names")
    done = build(hostile)
    assert done.code == 4
    assert "its name is not printable text" in done.err


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xfea\x00", "source/encoding"),
        (b"a: \x00", "source/yaml-syntax"),
        (b'a: "\\ud800"', "source/yaml-syntax"),
        (b"a: !!python/object/apply:os.system [echo]", "source/unsupported-yaml"),
        (b"- not a mapping", "spec/wrong-type"),
        (b"? [a, b]\n: c", "source/unsupported-yaml"),
    ],
)
def test_content_that_is_no_specification(hostile: Path, content: bytes, problem: str) -> None:
    hostile.write_bytes(content)
    done = build(hostile)
    assert done.code == 1
    assert f"error[{problem}]" in done.err


def test_what_a_file_holds_cannot_steer_the_terminal(hostile: Path) -> None:
    hostile.write_bytes('apiVersion: "\\e[2J\\u202e"\nkind: "\u202e"\n'.encode())
    printed = build(hostile).err
    assert "error[spec/api-version]" in printed
    assert all(character.isprintable() for character in printed.replace("\n", ""))
    assert as_json(hostile.parents[1], "build").code == 1


def test_an_output_in_the_way_is_not_overwritten(shop: Path) -> None:
    (shop / "rules").write_text("mine", encoding="utf-8")
    done = promgen(shop, "build")
    assert done.code == 4
    assert (shop / "rules").read_text(encoding="utf-8") == "mine"


def test_a_disk_that_takes_no_more_leaves_the_old_rules(built: Path) -> None:
    service = built / "slo-specs/shop/checkout.yaml"
    service.write_text(service.read_text(encoding="utf-8").replace("99.9%", "99.5%"), encoding="utf-8")
    before = (built / "rules/shop/checkout.rules.yaml").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "promgen", "build"],
        cwd=built,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.returncode == 4, done.stderr
    assert "File too large" in done.stderr
    assert (built / "rules/shop/checkout.rules.yaml").read_bytes() == before
    assert promgen(built, "build").code == 0
    assert promgen(built, "check").code == 0


@pytest.mark.parametrize("expr", ["x" * 100_000, "up" + " + up" * 10_000, "(" * 50_000 + "up" + ")" * 50_000])
def test_an_expression_that_would_crash_a_parser(hostile: Path, expr: str) -> None:
    head = (
        "apiVersion: promgen/v1\nkind: Service\nmetadata: {name: vast}\nspec:\n  owner: payments\n  alerts:\n"
    )
    hostile.write_text(f"{head}    - {{name: Vast, severity: low, expr: '{expr}'}}\n", encoding="utf-8")
    done = build(hostile)
    assert done.code == 1
    assert "error[promql/too-large]" in done.err
    assert max(map(len, done.err.split("\n"))) < 400
