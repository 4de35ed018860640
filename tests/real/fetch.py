"""Makes the real Prometheus and what surrounds it available to the tests, in more than one release, without installing them.

Debian and Ubuntu package the programs. The packages are downloaded by apt itself, which checks the archive's signature,
but with a state, a cache and a list of sources of their own: the machine's apt is read (which mirror does it use?) and
never changed. They are unpacked inside the checkout. A pair of programs on the PATH is used as well, and is the only
one where there is no apt.

Whatever cannot be had is an error: a test that needs the real thing must not pass without it. Standard library only, so that
it runs before anything is installed: ``python3 tests/real/fetch.py``.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".cache" / "real"
APT = Path("/etc/apt")
ON_PATH = "path"


class UnavailableError(Exception):
    """A real component cannot be had on this machine; the message says what was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """One release of Prometheus, ready to run."""

    name: str
    version: str
    prometheus: Path
    promtool: Path

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version, to compare with: ``install.release >= (3, 0)``."""
        return release_of(self.version)

    def program(self, name: str) -> Path:
        """Another program of the same release, by its name in Debian; raise UnavailableError where there is none."""
        beside = self.prometheus.parent / name
        found = beside if beside.exists() else self.name == ON_PATH and shutil.which(name)
        if not found:
            raise UnavailableError(f"there is no `{name}` beside {self.prometheus}, nor on the PATH")
        return Path(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Whose packages can be unpacked here: the archive's key, the components to read, and the releases the tests want."""

    keyring: Path
    components: tuple[str, ...]
    releases: Mapping[str, tuple[str, ...]]
    """The packages of each."""


PROGRAMS = ("prometheus-alertmanager", "prometheus-blackbox-exporter")
"""What the tests run beside Prometheus and says its version, by its name in Debian."""
PACKAGES = ("prometheus", "prometheus-alertmanager", "prometheus-blackbox-exporter")
DEBIAN = Distribution(
    keyring=Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    components=("main",),
    releases={
        "bookworm": PACKAGES,  # the oldest Prometheus we support (2.42)
        "forky": (
            *PACKAGES,
            "promtool",
            "victoria-metrics",
        ),  # one of the 3.x line; promtool is apart since then
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One entry of apt's list of sources, as far as it helps to find the mirror."""

    uri: str
    suite: str


# -- what this machine is, and which mirrors its apt knows --------------------------------------------------------------


def this_distribution() -> Distribution | None:
    """The distribution of this machine, or None where there is no apt whose packages we know."""
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return None
    release = platform.freedesktop_os_release()
    match release.get("ID"):
        case "debian":
            return DEBIAN
        case "ubuntu":
            return _ubuntu(release)
        case _:
            return None


def _ubuntu(release: Mapping[str, str]) -> Distribution:
    """Ubuntu's archive holds one Prometheus per release, and the other releases want other system libraries."""
    return Distribution(
        keyring=Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg"),
        components=("main", "universe"),
        releases={release["VERSION_CODENAME"]: (*PACKAGES, "victoria-metrics")},
    )


def find_mirrors(folder: Path = APT) -> tuple[str, ...]:
    """The addresses that may be a mirror of the distribution, most likely first.

    Whether one really is the distribution's is decided by the archive's signature, not here; so a third party's
    repository in this list costs a failed attempt, and nothing else.
    """
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    sources = sorted(read_sources(folder), key=lambda source: source.suite != codename)
    return tuple(dict.fromkeys(source.uri for source in sources))


def read_sources(folder: Path) -> Iterator[Source]:
    """Every enabled binary source of an apt configuration folder, in both of apt's notations."""
    parts = folder / "sources.list.d"
    for path in (folder / "sources.list", *sorted(parts.glob("*.list"))):
        if path.is_file():
            yield from parse_one_line_sources(path.read_text(encoding="utf-8"))
    for path in sorted(parts.glob("*.sources")):
        yield from parse_deb822_sources(path.read_text(encoding="utf-8"))


def parse_one_line_sources(text: str) -> Iterator[Source]:
    """``deb [options] uri suite component…``, one per line."""
    for line in text.splitlines():
        words = re.sub(r"\[.*?\]", "", line.partition("#")[0]).split()
        if len(words) >= 3 and words[0] == "deb":
            yield Source(uri=words[1], suite=words[2])


def parse_deb822_sources(text: str) -> Iterator[Source]:
    """``URIs:`` and ``Suites:`` in paragraphs, the notation of ``*.sources`` files."""
    for paragraph in _paragraphs(text):
        if "deb" not in paragraph.get("types", "").split() or paragraph.get("enabled", "yes").lower() == "no":
            continue
        for uri in paragraph.get("uris", "").split():
            for suite in paragraph.get("suites", "").split():
                yield Source(uri=uri, suite=suite)


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    uncommented = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for block in re.split(r"\n\s*\n", uncommented):
        unfolded = re.sub(r"\n[ \t]+", " ", block)
        fields = (line.partition(":") for line in unfolded.splitlines() if ":" in line)
        yield {name.strip().lower(): value.strip() for name, _, value in fields}


# -- an apt of our own ---------------------------------------------------------------------------------------------------

# The machine's own settings are read first (a proxy, for example) and stay in force; this overrides every folder apt
# would write to or take sources and keys from, and the hooks that clean the machine's cache.
APT_CONF = """\
Dir::State "{folder}/state";
Dir::State::status "{folder}/state/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "{folder}/none";
Dir::Etc::preferences "{folder}/none/preferences";
Dir::Etc::preferencesparts "{folder}/none";
Dir::Etc::trusted "{folder}/none/trusted.gpg";
Dir::Etc::trustedparts "{folder}/none";
APT::Update::Error-Mode "any";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""


@dataclass(frozen=True, slots=True)
class PrivateApt:
    """An apt whose state, cache and sources all lie in one folder."""

    folder: Path

    def use(self, mirror: str, release: str, distribution: Distribution) -> None:
        """Point it at one release on one mirror and read its index, which checks the signature."""
        for name in ("state/lists/partial", "cache/archives/partial", "none"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "state/status").touch()
        (self.folder / "apt.conf").write_text(APT_CONF.format(folder=self.folder), encoding="utf-8")
        components = " ".join(distribution.components)
        entry = f"deb [signed-by={distribution.keyring}] {mirror} {release} {components}\n"
        (self.folder / "sources.list").write_text(entry, encoding="utf-8")
        self.run("update")

    def unpack(self, package: str, into: Path) -> None:
        """Download one package, without what it depends on, and unpack it; nothing is installed and no script runs."""
        self.run("download", package)
        for archive in self.folder.glob(f"{package}_*.deb"):
            _run(["dpkg", "-x", str(archive), str(into)], cwd=self.folder)

    def run(self, *arguments: str) -> None:
        _run(["apt-get", "-q", "-c", str(self.folder / "apt.conf"), *arguments], cwd=self.folder)


def _run(command: Sequence[str], *, cwd: Path) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "LC_ALL": "C"},
        text=True,
        capture_output=True,
        check=False,
        timeout=600,
    )
    if done.returncode != 0:
        raise UnavailableError(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")


# -- the installs --------------------------------------------------------------------------------------------------------


@cache
def installed() -> tuple[Install, ...]:
    """Every Prometheus the tests run on, oldest first; downloads what is missing and raises when that fails."""
    distribution = this_distribution()
    fetched = fetch_all(distribution, CACHE) if distribution else ()
    found = sorted((*fetched, *find_on_path()), key=lambda install: install.release)
    if not found:
        raise UnavailableError(
            "no Prometheus: neither Debian's or Ubuntu's apt-get nor `prometheus` and `promtool` on the PATH; "
            "install both programs and put them on the PATH"
        )
    return tuple(found)


def planned() -> tuple[str, ...]:
    """The names of what ``installed()`` will give, without fetching anything; never empty, so that tests do not vanish."""
    distribution = this_distribution()
    releases = tuple(distribution.releases) if distribution else ()
    return (*releases, *((ON_PATH,) if _programs_on_path() else ())) or ("none",)


def fetch_all(distribution: Distribution, cache_folder: Path) -> tuple[Install, ...]:
    """Each release from the cache, or from the distribution's archive."""
    with _locked(cache_folder):
        for release in distribution.releases:
            if not _is_complete(cache_folder / release, distribution.releases[release]):
                print(f"fetching Prometheus of {release} …", file=sys.stderr, flush=True)
                fetch(release, distribution, cache_folder)
    return tuple(_read_unpacked(release, cache_folder / release) for release in distribution.releases)


def fetch(release: str, distribution: Distribution, cache_folder: Path) -> None:
    """Download and unpack one release beside its place, and move it there only when both programs run."""
    if not distribution.keyring.is_file():
        raise UnavailableError(
            f"{distribution.keyring} is missing: the archive's signature cannot be checked"
        )
    with tempfile.TemporaryDirectory(prefix=f".{release}.", dir=cache_folder) as folder:
        root = Path(folder) / "root"
        apt = PrivateApt(Path(folder) / "apt")
        _use_first_working(apt, find_mirrors(), release, distribution)
        for package in distribution.releases[release]:
            apt.unpack(package, root)
        _read_unpacked(release, root)
        shutil.rmtree(cache_folder / release, ignore_errors=True)  # of a checkout that wanted fewer packages
        root.rename(cache_folder / release)


def _is_complete(root: Path, packages: Iterable[str]) -> bool:
    """Whether every package left its documentation, as Debian demands of each."""
    return all((root / "usr/share/doc" / package).is_dir() for package in packages)


def _read_unpacked(release: str, root: Path) -> Install:
    programs = root / "usr" / "bin"
    return read_install(release, programs / "prometheus", programs / "promtool")


def _use_first_working(
    apt: PrivateApt, mirrors: Iterable[str], release: str, distribution: Distribution
) -> None:
    failures = []
    for mirror in mirrors:
        try:
            return apt.use(mirror, release, distribution)
        except UnavailableError as failure:
            failures.append(str(failure))
    tried = "\n".join(failures) or f"no source is configured in {APT}"
    raise UnavailableError(
        f"no mirror of this machine's apt serves {release} with the distribution's signature:\n{tried}"
    )


def find_on_path() -> tuple[Install, ...]:
    """The pair of programs on the PATH, when both are there."""
    return tuple(read_install(ON_PATH, *pair) for pair in _programs_on_path())


def _programs_on_path() -> tuple[tuple[Path, Path], ...]:
    prometheus, promtool = shutil.which("prometheus"), shutil.which("promtool")
    return ((Path(prometheus), Path(promtool)),) if prometheus and promtool else ()


def read_install(name: str, prometheus: Path, promtool: Path) -> Install:
    """Ask both programs for their version, which also shows that they run on this machine."""
    read_version(promtool)
    return Install(name=name, version=read_version(prometheus), prometheus=prometheus, promtool=promtool)


def release_of(version: str) -> tuple[int, int]:
    """Major and minor version of ``3.5.3``."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def release_of_program(program: Path) -> tuple[int, int]:
    """Major and minor version of a program."""
    return release_of(read_version(program))


def read_version(program: Path) -> str:
    """``3.5.3`` of ``prometheus, version 3.5.3+ds1 (branch: …``."""
    try:
        done = subprocess.run([program, "--version"], text=True, capture_output=True, check=False, timeout=60)
    except OSError as failure:
        raise UnavailableError(f"{program} cannot be run: {failure}") from failure
    version = re.search(r"version v?(\d+\.\d+\.\d+)", done.stdout + done.stderr)
    if done.returncode != 0 or version is None:
        raise UnavailableError(f"{program} does not run on this machine:\n{done.stdout}{done.stderr}")
    return version[1]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Several test runs may start at once; only one of them downloads."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Print what was found; the exit code says whether the real tests can run."""
    try:
        found = installed()
    except UnavailableError as failure:
        print(f"fetch: {failure}", file=sys.stderr)
        return 4
    for install in found:
        print(f"prometheus {install.version:8} {install.name:10} {install.prometheus.parent}")
        for program in sorted(set(PROGRAMS) & {path.name for path in install.prometheus.parent.iterdir()}):
            print(f"  {program} {read_version(install.program(program))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
