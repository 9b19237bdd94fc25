"""Every requirement of people, access, places, files and devices is named by a test: `test_site_07_…`, or its words.

The ids stand in docs/requirements.txt, since the specification is no part of the tree. Unlike `tools.requirements`,
which reports, only tests themselves count here: not their helpers, not the docstring of a file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
LIST = TESTS.parent / "docs" / "requirements.txt"
AREAS = frozenset({"RES", "CRED", "GRP", "VIS", "PARK", "ACCESS", "SITE", "TPL", "DEV", "FW", "MAC", "ACC"})
IDENTIFIER = re.compile(r"(?<![A-Z])([A-Z]{2,6})[-_](\d\d|PUSH)(?![0-9A-Z])")


def wanted() -> list[str]:
    """The ids of the list that are asked for here, in its order."""
    ids = LIST.read_text(encoding="utf-8").split()
    return [one for one in ids if one.rpartition("-")[0] in AREAS]


def named(source: str) -> Iterator[str]:
    """The ids that the tests of one file name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for text in (node.name.upper(), ast.get_docstring(node) or ""):
                yield from ("-".join(found) for found in IDENTIFIER.findall(text))


def untested() -> list[str]:
    """The ids that no test names."""
    found = {i for path in sorted(TESTS.rglob("test_*.py")) for i in named(path.read_text(encoding="utf-8"))}
    return [one for one in wanted() if one not in found]


def test_every_requirement_is_named_by_a_test() -> None:
    assert not untested()


def test_the_list_is_whole() -> None:
    ids = wanted()
    assert len(ids) == len(set(ids)) == 114


def test_ids_are_read_from_names_and_docstrings_of_tests_only() -> None:
    source = '''
def test_site_13_site_15_batch() -> None:
    """GRP-02: and a word."""

def test_access_push_all() -> None: ...

def helper_site_99() -> None:
    """VIS-01"""

def test_website_01() -> None: ...
'''
    assert sorted(named(source)) == ["ACCESS-PUSH", "GRP-02", "SITE-13", "SITE-15"]
