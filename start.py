#!/usr/bin/env python3
"""The door for people who just have the source: sets everything up, then runs the demo or the tests.

    python3 start.py demo [arguments]    the main job, end to end; without a display it runs headless
    python3 start.py test [arguments]    all checks and tests; with arguments only pytest runs, and gets them
    python3 start.py run [arguments]     the window
    python3 start.py cli [arguments]     the command line, as `gatewright [arguments]`
    python3 start.py setup               only make .venv ready

Standard library only, and plain enough for any Python 3 to read, so that an older one can say what is needed. What
it does is in tools/launch.py. On Windows write `py start.py`.
"""

import os
import shutil
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

OLDEST = (3, 11)
NEWEST = (3, 13)


def is_supported(version: "tuple[int, ...]") -> bool:
    """Whether a Python version, a tuple of two numbers, is one that the product runs on."""
    return OLDEST <= version <= NEWEST


def works(path: str) -> bool:
    """Whether an interpreter starts; version managers put names on PATH behind which there is none."""
    nothing = subprocess.DEVNULL
    try:
        return subprocess.call([path, "-c", ""], stdin=nothing, stdout=nothing, stderr=nothing) == 0
    except OSError:
        return False


def other_python(which: "Callable[[str], str | None]", works: "Callable[[str], bool]") -> "str | None":
    """Return the path of a supported Python that `which(name)` finds and that works, or None; the newest first."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = which("python3.{}".format(minor))
        if found and works(found):
            return found
    return None


def main() -> int:
    """Hand over to tools/launch.py under a supported Python, or say in one sentence which one to install."""
    if not is_supported(sys.version_info[:2]):
        better = other_python(shutil.which, works)
        if better and os.name == "posix":
            sys.stdout.flush()
            os.execv(better, [better, *sys.argv])
        sys.stderr.write(
            "Gatewright needs Python 3.11, 3.12 or 3.13 and this is Python {}.{}: install one of them (python.org, or "
            "the package python3.12 or the like of your system) and run start.py with it.\n".format(
                *sys.version_info[:2]
            )
        )
        return 2
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from tools import launch  # noqa: PLC0415  an older Python could not read it

    return launch.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
