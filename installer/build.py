"""Builds the program folder for the system that this runs on, tries it, and packs it.

    python3 installer/build.py [--keep-venv]

It makes a virtual environment of its own with nothing in it but what ships (a package for tests could end up in the
program), so it needs the network or a filled cache. Build on the oldest system that is to be supported: the C
library of the build machine is the oldest one that the program starts on. On Linux a package must depend on libgl1,
libegl1, fonts-dejavu-core and the libraries of tools/machine.py, which PyInstaller never bundles.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
DIST = ROOT / "dist"
PROGRAM = DIST / "gatewright"


def make_environment(venv: Path) -> Path:
    """Make the build's virtual environment and return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pins = str(ROOT / "requirements" / "installer.txt")
    subprocess.run(
        [str(python), "-m", "pip", "install", "--require-hashes", "--no-deps", "-r", pins], check=True
    )
    return python


def freeze(python: Path) -> None:
    """Run PyInstaller; the program folder is PROGRAM afterwards."""
    command = [
        str(python),
        "-m",
        "PyInstaller",
        "--noconfirm",
        "--distpath",
        str(DIST),
        "--workpath",
        str(BUILD),
    ]
    subprocess.run([*command, str(ROOT / "installer" / "gatewright.spec")], check=True, cwd=ROOT)


def archive_name(version: str, system: str, machine: str) -> str:
    """Return the name of the packed program without its ending, such as gatewright-0.1.0-linux-x86_64."""
    names = {"darwin": "macos", "win32": "windows"}
    return f"gatewright-{version}-{names.get(system, system)}-{machine.lower()}"


def pack() -> Path:
    """Pack the program folder and return the archive: zip on Windows, tar.gz elsewhere."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name = archive_name(project["version"], sys.platform, platform.machine())
    kind = "zip" if sys.platform == "win32" else "gztar"
    return Path(shutil.make_archive(str(DIST / name), kind, root_dir=DIST, base_dir=PROGRAM.name))


def main() -> int:
    """Build, try, pack."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--keep-venv", action="store_true", help="use the environment of the last build again"
    )
    options = parser.parse_args()
    venv = BUILD / "venv"
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (options.keep_venv and python.exists()):
        python = make_environment(venv)
    freeze(python)
    smoke = subprocess.run([sys.executable, str(ROOT / "installer" / "smoke.py"), str(PROGRAM)], check=False)
    if smoke.returncode != 0:
        return smoke.returncode
    print(pack())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
