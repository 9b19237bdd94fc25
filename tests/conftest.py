"""What holds for every test: a home of its own, no key ring, no display, and the guards of tests/guards.

The environment is set when this file is read, before Qt or a library could look at the real one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings

HERE = Path(__file__).resolve().parent
HOME = Path(tempfile.mkdtemp(prefix="gatewright-tests-"))
FOREIGN = ("GATEWRIGHT_", "XDG_")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "FTP_PROXY")


def _own_environment(home: Path) -> dict[str, str]:
    """Return the variables that keep a test, and what it starts, away from the person's files and key ring."""
    folders = {
        "CONFIG_HOME": ".config",
        "DATA_HOME": ".local",
        "STATE_HOME": ".state",
        "CACHE_HOME": ".cache",
    }
    made = {"XDG_" + key: home / name for key, name in folders.items()} | {"XDG_RUNTIME_DIR": home / ".run"}
    for folder in made.values():
        folder.mkdir(mode=0o700)
    return {key: str(folder) for key, folder in made.items()} | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "QT_QPA_PLATFORM": "offscreen",
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


for name in [key for key in os.environ if key.startswith(FOREIGN) or key.upper() in PROXIES]:
    del os.environ[name]
os.environ.update(_own_environment(HOME))

# The same examples every time, so that a red run is red again; `soak` is the one that searches.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("dev", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

GUARDS = [f"tests.guards.{name}" for name in ("keyrings", "leaks", "logs", "network", "qt")]
# Fixtures that the packages' tests share stand in tests/fixtures_*.py.
SHARED = [f"tests.{path.stem}" for path in sorted(HERE.glob("fixtures_*.py"))]
pytest_plugins = ["pytester", *GUARDS, *SHARED]


def pytest_unconfigure() -> None:
    """Remove the home of this run."""
    shutil.rmtree(HOME, ignore_errors=True)
