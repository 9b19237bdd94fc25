"""What the operating system has to bring: shared libraries and programs, and how to get the missing ones.

Standard library only, it runs before anything is installed. Nothing here knows the virtual environment.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

# PySide6 6.11 is built against these versions of the GNU C library (Debian 12, Ubuntu 22.04; on ARM Debian 13).
OLDEST_GLIBC = {"x86_64": (2, 34), "aarch64": (2, 39)}


class SetupError(Exception):
    """Set-up cannot go on; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing from the operating system; `package` is Debian's.

    `name` is a library's file name, a program on PATH, or a module of Python, as `kind` says.
    """

    name: str
    package: str
    kind: str = "library"


# Read from the NEEDED entries of PySide6 6.11.3, and checked in a bare Debian 12.
QT = (
    Need("libGL.so.1", "libgl1"),
    Need("libEGL.so.1", "libegl1"),
    Need("libfontconfig.so.1", "libfontconfig1"),
    Need("libdbus-1.so.3", "libdbus-1-3"),
    Need("libxkbcommon.so.0", "libxkbcommon0"),
    Need("libglib-2.0.so.0", "libglib2.0-0"),
)
X11 = (
    Need("libxcb-cursor.so.0", "libxcb-cursor0"),
    Need("libxcb-icccm.so.4", "libxcb-icccm4"),
    Need("libxcb-image.so.0", "libxcb-image0"),
    Need("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    Need("libxcb-randr.so.0", "libxcb-randr0"),
    Need("libxcb-render-util.so.0", "libxcb-render-util0"),
    Need("libxcb-shape.so.0", "libxcb-shape0"),
    Need("libxcb-xkb.so.1", "libxcb-xkb1"),
    Need("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
)
WAYLAND = (
    Need("libwayland-client.so.0", "libwayland-client0"),
    Need("libwayland-cursor.so.0", "libwayland-cursor0"),
)
# Debian cuts this part of Python's standard library off into a package of its own.
VENV = (Need("ensurepip", "python3-venv", "module"),)
# Programs that only tests start, such as a database server, are named here and installed by `start.py test`.
TESTS: tuple[Need, ...] = ()


def say(text: str) -> None:
    """Tell the person what set-up does; on stderr, because stdout belongs to what runs afterwards."""
    print(f"start.py: {text}", file=sys.stderr, flush=True)


def has_display(environ: Mapping[str, str], system: str) -> bool:
    """Whether a window can be shown: always on Windows and macOS, elsewhere if a display server is named."""
    return system in ("win32", "darwin") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def needs(command: str, environ: Mapping[str, str], *, headless: bool, has_venv: bool) -> tuple[Need, ...]:
    """Return what a Linux system must bring for a command of start.py."""
    base = () if has_venv else VENV
    if command == "cli":
        return base
    window: tuple[Need, ...] = ()
    if command in ("demo", "run", "setup") and not headless:
        window += X11 if environ.get("DISPLAY") else ()
        window += WAYLAND if environ.get("WAYLAND_DISPLAY") else ()
    return base + QT + window + (TESTS if command == "test" else ())


def is_present(need: Need) -> bool:
    """Whether the system has it, asked of the loader or of PATH."""
    if need.kind == "program":
        return shutil.which(need.name) is not None
    if need.kind == "module":
        return importlib.util.find_spec(need.name) is not None
    try:
        ctypes.CDLL(need.name)
    except OSError:
        return False
    return True


def glibc_complaint(machine: str, libc: tuple[str, str]) -> str:
    """Return why this Linux is too old for Qt's wheels, or an empty text; `libc` as platform.libc_ver() gives it."""
    name, version = libc
    oldest = OLDEST_GLIBC.get(machine)
    if oldest is None or name != "glibc":
        return f"Gatewright runs on Linux with glibc on x86_64 or aarch64; this is {machine} with {name or 'no glibc'}."
    found = tuple(int(part) for part in version.split(".")[:2])
    if found < oldest:
        wanted = ".".join(str(part) for part in oldest)
        return f"Qt needs glibc {wanted} or newer on {machine} and this system has {version}: use a newer release."
    return ""


def root_prefix(
    *, is_root: bool, which: Callable[[str], str | None], works: Callable[[Sequence[str]], bool]
) -> list[str] | None:
    """Return what to put before a command so that it runs as root, or None where that needs a password."""
    if is_root:
        return []
    sudo = which("sudo")
    if sudo and works([sudo, "-n", "true"]):
        return [sudo, "-n"]
    return None


def apt_command(packages: Sequence[str]) -> list[str]:
    """Return the apt-get call that installs packages and nothing that is merely recommended."""
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def by_hand(packages: Sequence[str], names: Sequence[str], *, has_apt: bool) -> str:
    """Return the sentence that tells a person how to install what start.py may not install itself."""
    if has_apt:
        return f"run this, then start again: sudo {' '.join(apt_command(packages))}"
    return f"install the packages of your system that hold {', '.join(names)}, then start again"


def apt_install(packages: Sequence[str], names: Sequence[str]) -> None:
    """Install Debian packages, saying so; raises SetupError with the exact command where that is not possible."""
    why = f"missing on this system: {', '.join(names)}"
    has_apt = shutil.which("apt-get") is not None
    prefix = root_prefix(is_root=_is_root(), which=shutil.which, works=_works)
    if not has_apt or prefix is None:
        raise SetupError(f"{why}; {by_hand(packages, names, has_apt=has_apt)}")
    say(f"{why}; installing {', '.join(packages)} with apt-get")
    # DEBIAN_FRONTEND travels through `env`, because sudo drops the variables of its caller.
    base = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive"]
    _run([*base, "apt-get", "update", "-q"])
    if _run([*base, *apt_command(packages)]) != 0:
        raise SetupError(f"apt-get failed (its words are above); {by_hand(packages, names, has_apt=True)}")


def provide(wanted: Sequence[Need]) -> None:
    """Make sure that a Linux system has all that is wanted: installs it on Debian, else raises SetupError."""
    complaint = glibc_complaint(platform.machine(), platform.libc_ver())
    if complaint:
        raise SetupError(complaint)
    missing = [need for need in wanted if not is_present(need)]
    if not missing:
        return
    apt_install([need.package for need in missing], [need.name for need in missing])
    importlib.invalidate_caches()
    still = [need.name for need in missing if not is_present(need)]
    if still:
        raise SetupError(f"installed, but still not found: {', '.join(still)}")


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _works(command: Sequence[str]) -> bool:
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode == 0


def _run(command: Sequence[str]) -> int:
    """Run a command with its output on our stderr and nothing to read."""
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode
