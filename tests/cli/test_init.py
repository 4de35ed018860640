"""A new repository builds, and nothing that exists is ever overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from promgen import __version__
from promgen.cli.scaffold import PIPELINES
from tests.cli.terminal import as_json, promgen
from tests.real import Install, check_rules


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_new_repository_builds_and_is_up_to_date(tmp_path: Path) -> None:
    done = promgen(tmp_path, "init", "demo")
    assert (done.code, done.err) == (0, "")
    assert "cd demo" in done.out
    assert promgen(tmp_path / "demo", "build").code == 0
    assert promgen(tmp_path / "demo", "check").code == 0


def test_the_current_folder_may_hold_other_files(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("mine")
    done = promgen(tmp_path, "init")
    assert done.code == 0
    assert "cd " not in done.out
    assert promgen(tmp_path, "build").code == 0


def test_files_in_the_way_are_all_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "runbooks").write_text("a file where a folder belongs")
    (tmp_path / ".gitignore").symlink_to("nowhere")
    before = content(tmp_path)
    done = promgen(tmp_path, "init")
    assert (done.code, done.out) == (2, "")
    assert [line.rpartition("/")[2] for line in done.err.splitlines()[1:]] == [
        ".gitignore",
        "README.md",
        "runbooks",
    ]
    assert content(tmp_path) == before


@pytest.mark.parametrize("forge", PIPELINES)
def test_a_pipeline_runs_check_with_this_version(tmp_path: Path, forge: str) -> None:
    created = as_json(tmp_path, "init", "demo", "--ci", forge).data["created"]
    assert set(PIPELINES[forge]) <= set(created)
    for path in PIPELINES[forge]:
        text = (tmp_path / "demo" / path).read_text(encoding="utf-8")
        assert isinstance(yaml.safe_load(text), dict)
        assert f"promgen-toolkit=={__version__}" in text
        assert "promgen check" in text
    assert promgen(tmp_path / "demo", "build").code == 0


def test_every_text_ends_with_one_line_end_and_names_no_placeholder(tmp_path: Path) -> None:
    promgen(tmp_path, "init", "--ci", "github")
    for path, text in content(tmp_path).items():
        assert text.endswith(b"\n"), path
        assert not text.endswith(b"\n\n"), path
        assert b"@version@" not in text, path
        assert b"@release@" not in text, path


def test_promtool_accepts_the_rules(built: Path, installs: tuple[Install, ...]) -> None:
    for install in installs:
        check_rules(install, built / "rules/shop/checkout.rules.yaml")
