"""docs/reliability.md lists 37 faults with their tests: the table and the tests must agree."""

from __future__ import annotations

import re
from collections import defaultdict

from core.base.killpoints import CLOUD_POINTS, SYNC_POINTS
from tests.conftest import HERE

PAGE = HERE.parent / "docs" / "reliability.md"
ROWS = range(1, 38)


def faults_by_row() -> dict[int, set[str]]:
    """Every test of a numbered fault, by its number, as the page writes it."""
    found: dict[int, set[str]] = defaultdict(set)
    for file in HERE.glob("**/test_*.py"):
        for match in re.finditer(
            r"^(?:async )?def (test_f(\d\d)_\w+)\(", file.read_text("utf-8"), re.MULTILINE
        ):
            found[int(match[2])].add(f"{file.relative_to(HERE).as_posix()}::{match[1]}")
    return found


def listed_by_row() -> dict[int, set[str]]:
    """What the page says."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| \d+ \|", line)]
    return {int(line.split("|")[1]): set(re.findall(r"`([^`]+::[^`]+)`", line)) for line in lines}


def test_every_fault_has_a_test_under_its_number() -> None:
    assert sorted(faults_by_row()) == list(ROWS)


def test_the_page_lists_exactly_the_tests_there_are() -> None:
    assert listed_by_row() == dict(faults_by_row())


def test_the_page_names_every_moment_of_a_kill() -> None:
    text = PAGE.read_text("utf-8")
    assert [p for p in (*SYNC_POINTS, *CLOUD_POINTS) if f"`{p}`" not in text] == []
