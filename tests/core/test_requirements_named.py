"""Every requirement of access.md and sites.md is named by a test; those that are not, with the reason."""

from __future__ import annotations

from tools.checks import ROOT, read_tree
from tools.requirements import named

OURS = ("RES", "CRED", "GRP", "VIS", "PARK", "ACCESS", "SITE")
ELSEWHERE = {
    "SITE-09": "where a user's row leads to: a matter of the window",
    "SITE-28": "a way to another portal: a matter of the window",
    "SITE-29": "import on an office's row: the files of TPL-04",
}


def test_requirements_of_access_and_sites_have_tests() -> None:
    tree = read_tree(ROOT)
    wanted = next(source.text.split() for source in tree if source.name == "docs/requirements.txt")
    own = "tests/core/test_requirements_named.py"
    found = named(source.text for source in tree if source.name.startswith("tests/") and source.name != own)
    missing = {one for one in wanted if one.rpartition("-")[0] in OURS and one not in found}
    assert missing <= ELSEWHERE.keys(), f"no test names {sorted(missing - ELSEWHERE.keys())}"
