"""Fixtures of the cloud's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cloud.cloud import Cloud
from tests.cloud.bench import Hand, cloud_in, installer
from tests.cloud.postgres import Postgres, reason_without, running


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """An open, empty cloud."""
    with cloud_in(tmp_path / "cloud") as opened:
        yield opened


@pytest.fixture
def anna(cloud: Cloud) -> Hand:
    """An installer with a site, a building and an apartment."""
    return installer(cloud, "anna")


@pytest.fixture
def ben(anna: Hand) -> Hand:
    """A second workstation of the same account."""
    other = Hand.of(anna.cloud, "anna")
    other.site, other.building, other.apartment = anna.site, anna.building, anna.apartment
    return other


@pytest.fixture
def carl(cloud: Cloud) -> Hand:
    """An installer of another firm, with a site of its own."""
    return installer(cloud, "carl")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the tests of this process."""
    why = reason_without()
    if why:
        pytest.skip(why)
    with running() as server:
        yield server
