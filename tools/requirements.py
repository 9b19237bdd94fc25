"""Reports which requirements no test names; a list to read, never a failure.

    .venv/bin/python -m tools.requirements

docs/requirements.txt holds the ids. A test names one in its docstring (SITE-07) or in its own name
(test_site_07_reset_keeps_audit_log).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tools.checks import ROOT, read_tree

# Underscores count as letters in a regular expression, so the id inside a function's name has no word boundary.
IDENTIFIER = re.compile(r"(?<![A-Z])([A-Z]{2,6})[-_](\d{2}|PUSH)(?![0-9A-Z])")


def named(texts: Iterable[str]) -> set[str]:
    """Return the requirement ids that stand in any of the texts, in the form SITE-07."""
    return {"-".join(found) for text in texts for found in IDENTIFIER.findall(text.upper())}


def main() -> int:
    """Print the ids without a test, one group per line."""
    tree = read_tree(ROOT)
    wanted = next(source.text.split() for source in tree if source.name == "docs/requirements.txt")
    found = named(source.text for source in tree if source.name.startswith("tests/"))
    missing = [one for one in wanted if one not in found]
    print(f"{len(wanted) - len(missing)} of {len(wanted)} requirements are named by a test; not named:")
    for group in sorted({one.rpartition("-")[0] for one in missing}):
        print(" ", *(one for one in missing if one.rpartition("-")[0] == group))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
