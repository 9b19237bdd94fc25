"""The import contracts of pyproject.toml bite: each is broken once, by one wrong file in a copy of the tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools.environment import script

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "device_link", "sync", "desktop", "resources")
# Contract -> files to add, and what they say. One wrong import each; the cycle needs two.
BREACHES: dict[str, dict[str, str]] = {
    "packages": {"sync/wrong.py": "import device_link"},
    "rings": {"core/base/wrong.py": "import core.store"},
    "window": {"desktop/models/wrong.py": "import desktop.views"},
    "qt-at-home": {"core/jobs/wrong.py": "import PySide6.QtCore"},
    "pure": {"core/rules/wrong.py": "import sqlalchemy"},
    "link-is-storeless": {"device_link/wrong.py": "import core.wire"},
    "sync-below-usecases": {"sync/wrong.py": "import core.usecases"},
    "thin-views": {"desktop/views/wrong.py": "import core.store"},
    "cloud-stays-home": {"desktop/cli/wrong.py": "import core.cloud"},
    "no-rings-of-imports": {
        "sync/wrong.py": "import sync.astray",
        "sync/astray.py": "import sync.wrong",
    },
}
NEW_PLACES = {"rings": "core/newcomer.py", "window": "desktop/newcomer.py"}


def lint(tree: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """Check one contract in a tree."""
    command = [
        str(script(Path(sys.prefix), "lint-imports")),
        "--no-logo",
        "--no-cache",
        "--contract",
        contract,
    ]
    return subprocess.run(command, check=False, cwd=tree, capture_output=True, text=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages' Python files and of the project file."""
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            target = tmp_path / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_is_broken_below() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {one["id"] for one in project["tool"]["importlinter"]["contracts"]} == set(BREACHES)


@pytest.mark.slow
@pytest.mark.parametrize("contract", BREACHES)
def test_contract_bites(tree: Path, contract: str) -> None:
    for name, text in BREACHES[contract].items():
        (tree / name).write_text(f"{text}\n", encoding="utf-8")
    done = lint(tree, contract)
    assert (done.returncode, "BROKEN" in done.stdout) == (1, True), done.stdout + done.stderr
    assert "wrong" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("contract, place", NEW_PLACES.items())
def test_a_newcomer_must_take_a_side(tree: Path, contract: str, place: str) -> None:
    (tree / place).write_text('"""New."""\n', encoding="utf-8")
    done = lint(tree, contract)
    assert (done.returncode, "newcomer" in done.stdout) == (1, True), done.stdout + done.stderr
