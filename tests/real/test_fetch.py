"""Where the real components come from: what is read from the machine's apt, and what is found in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real.fetch import (
    Distribution,
    Install,
    Source,
    UnavailableError,
    fetch,
    parse_deb822_sources,
    parse_one_line_sources,
    planned,
    read_sources,
    read_version,
)

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib  # the mirror
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://third.example/apt stable main
deb-src http://mirror.example/debian bookworm main
"""
DEB822 = """\
Types: deb deb-src
# a comment in the middle
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc:def

Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: bookworm

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
"""


def test_one_line_sources() -> None:
    """Comments, options and source packages are left out."""
    assert list(parse_one_line_sources(ONE_LINE)) == [
        Source(uri="http://mirror.example/debian", suite="bookworm"),
        Source(uri="https://third.example/apt", suite="stable"),
    ]


def test_deb822_sources() -> None:
    """One source per address and suite; disabled paragraphs, and those of source packages, are left out."""
    assert list(parse_deb822_sources(DEB822)) == [
        Source(uri="http://mirror.example/debian", suite="bookworm"),
        Source(uri="http://mirror.example/debian", suite="bookworm-updates"),
    ]


def test_both_notations_are_read(tmp_path: Path) -> None:
    """A machine may have both; files with other endings are not apt's."""
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text(ONE_LINE)
    (parts / "debian.sources").write_text(DEB822)
    (parts / "old.list.disabled").write_text("deb http://old.example/debian bookworm main\n")
    assert {source.uri for source in read_sources(tmp_path)} == {
        "http://mirror.example/debian",
        "https://third.example/apt",
    }


def test_without_the_keyring_nothing_is_downloaded(tmp_path: Path) -> None:
    """A signature that cannot be checked is a failure, and leaves nothing behind that looks complete."""
    distribution = Distribution(keyring=tmp_path / "no.gpg", components=("main",), releases={"bookworm": ()})
    with pytest.raises(UnavailableError, match="signature cannot be checked"):
        fetch("bookworm", distribution, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_program_that_does_not_run_is_no_install(tmp_path: Path) -> None:
    """For example one built for other system libraries; its own words are in the message."""
    program = tmp_path / "prometheus"
    program.write_text("#!/bin/sh\necho 'GLIBC_9 not found' >&2; exit 1\n")
    program.chmod(0o755)
    with pytest.raises(UnavailableError, match="GLIBC_9 not found"):
        read_version(program)


def test_all_that_was_planned_is_found(installs: tuple[Install, ...]) -> None:
    """What the tests are parametrised by is what there is, in order of age."""
    assert {install.name for install in installs} == set(planned())
    assert [install.release for install in installs] == sorted(install.release for install in installs)
