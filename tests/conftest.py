"""Fixtures every test may use: the real Prometheus, once per release."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.real import Install, installed, planned

settings.register_profile("promgen", deadline=None)  # a busy machine is no failure
settings.load_profile("promgen")


@pytest.fixture(scope="session")
def installs() -> tuple[Install, ...]:
    """Every real Prometheus, oldest first; fetched when missing, and an error when that fails."""
    return installed()


@pytest.fixture(scope="session", params=planned())
def install(request: pytest.FixtureRequest, installs: tuple[Install, ...]) -> Install:
    """One real Prometheus: the test runs once for each."""
    return next(install for install in installs if install.name == request.param)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for a real Prometheus is marked ``real``, so that the quick run can leave it out."""
    for item in items:
        if "installs" in getattr(item, "fixturenames", ()):
            item.add_marker("real")
