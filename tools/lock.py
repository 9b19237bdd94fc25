"""Writes the hashed requirement files from pyproject.toml; the one command after a change of a dependency.

    .venv/bin/python -m tools.lock              keep the versions that are pinned, add what is new
    .venv/bin/python -m tools.lock --upgrade    move everything to the newest release
    .venv/bin/python -m tools.lock --check      try every file on every platform that we promise: wheels only

The files hold names, versions, markers and sha256 sums and no address, so that they serve any index and any platform.
uv.lock is not used: it records the address of the index in every line.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
# Linux wheels of PySide6 6.11 ask for glibc 2.34 (x86_64) and 2.39 (arm64).
PLATFORMS = (
    "x86_64-manylinux_2_34",
    "aarch64-manylinux_2_39",
    "x86_64-pc-windows-msvc",
    "aarch64-pc-windows-msvc",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
)
PYTHONS = ("3.11", "3.12", "3.13")
ADDRESS = re.compile(r"[a-z]+://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lock:
    """One requirement file: where it comes from and which extras of the project it covers."""

    name: str
    source: Path
    extras: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The file that is written."""
        return FOLDER / self.name


LOCKS = (
    Lock("desktop-dev.txt", ROOT / "pyproject.toml", ("desktop", "cloud", "dev")),
    # The installed program serves the embedded cloud too.
    Lock("runtime.txt", ROOT / "pyproject.toml", ("desktop", "cloud")),
    # installer/build.py: what ships, and PyInstaller.
    Lock("installer.txt", ROOT / "pyproject.toml", ("desktop", "cloud", "installer")),
    Lock("cloud.txt", ROOT / "pyproject.toml", ("cloud",)),
    Lock("uv.txt", FOLDER / "uv.in"),
)


def compile_command(lock: Lock, *, upgrade: bool) -> list[str]:
    """Return the uv call that writes one file; it leaves out every header and note that could name a host."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--python-version", PYTHONS[0]]
    command += [part for extra in lock.extras for part in ("--extra", extra)]
    command += ["--upgrade"] if upgrade else []
    return [*command, "-c", str(FOLDER / "constraints.txt"), "-o", str(lock.path), str(lock.source)]


def addresses(text: str) -> list[str]:
    """Return the lines that hold an address; a requirement file must have none."""
    return [line for line in text.splitlines() if ADDRESS.search(line)]


def write(*, upgrade: bool) -> int:
    """Compile every file; return 0 if all went well and none holds an address."""
    for lock in LOCKS:
        subprocess.run(compile_command(lock, upgrade=upgrade), check=True, cwd=ROOT)
        found = addresses(lock.path.read_text(encoding="utf-8"))
        if found:
            print(f"{lock.path}: holds an address: {found[0]}")
            return 1
        print(f"{lock.path.relative_to(ROOT)}: written")
    return 0


def check() -> int:
    """Try each file on each platform without installing; return the number of combinations that do not fit."""
    failures = 0
    with tempfile.TemporaryDirectory() as target:
        for lock in LOCKS:
            for platform in PLATFORMS:
                for python in PYTHONS:
                    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--dry-run"]
                    command += ["--target", target, "--only-binary", ":all:", "--require-hashes", "--no-deps"]
                    command += [
                        "--python-platform",
                        platform,
                        "--python-version",
                        python,
                        "-r",
                        str(lock.path),
                    ]
                    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
                    word = "fits" if done.returncode == 0 else f"does not fit: {done.stderr.strip()}"
                    print(f"{lock.name} on {platform}, Python {python}: {word}")
                    failures += done.returncode != 0
    return failures


def main() -> int:
    """Read the arguments and do one of the three things."""
    parser = argparse.ArgumentParser(prog="python -m tools.lock", description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="move everything to the newest release")
    parser.add_argument("--check", action="store_true", help="try every file on every platform")
    options = parser.parse_args()
    return check() if options.check else write(upgrade=options.upgrade)


if __name__ == "__main__":
    raise SystemExit(main())
