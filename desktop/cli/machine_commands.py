"""doctor: checks this machine. agent: does a site's waiting work without a window."""

from __future__ import annotations

import argparse
import ctypes.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

import keyring

from core.base.paths import Profile
from core.store.keys import PASSPHRASE
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from device_link.discovery.targets import own_networks


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor: fine or not, what was found, what to do."""

    name: str
    fine: bool
    found: str
    remedy: str = ""


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    commands.add_bare(
        "doctor", _doctor, "check this machine: libraries, key ring, network cards, disk, profile"
    )


async def _doctor(args: argparse.Namespace, out: Output) -> int:
    checks = [check(args.profile) for check in CHECKS]
    out.document(
        {"checks": [{"name": c.name, "fine": c.fine, "found": c.found, "remedy": c.remedy} for c in checks]}
    )
    for check in checks:
        mark = "ok  " if check.fine else "LOOK"
        out.line(f"{mark} {check.name:14} {check.found} {check.remedy}".rstrip())
    return 0 if all(c.fine for c in checks) else 1


def _python(_profile: Profile) -> Check:
    fine = (3, 11) <= sys.version_info[:2] < (3, 14)
    return Check("Python", fine, sys.version.split()[0], "" if fine else "Use Python 3.11, 3.12 or 3.13.")


def _qt(_profile: Profile) -> Check:
    if sys.platform != "linux":
        return Check("window", True, "nothing else needed")
    needed = ("GL", "EGL", "fontconfig", "dbus-1", "xkbcommon")
    missing = [name for name in needed if not ctypes.util.find_library(name)]
    if not missing:
        return Check("window", True, "libraries are there")
    words = ", ".join(f"lib{name}" for name in missing)
    return Check(
        "window", False, f"missing: {words}", "Run 'python3 start.py setup', which installs or names them."
    )


def _keys(profile: Profile) -> Check:
    ring = keyring.get_keyring()
    name = type(ring).__module__.rsplit(".", 1)[-1]
    if name != "fail":
        return Check("key ring", True, name)
    if os.environ.get(PASSPHRASE):
        return Check("key ring", True, "none, but a passphrase is set")
    remedy = f"Set {PASSPHRASE}, so that the mirror in {profile.root} can be locked."
    return Check("key ring", False, "none on this machine", remedy)


def _network(_profile: Profile) -> Check:
    networks = [str(n) for n in own_networks()]
    found = ", ".join(networks) or "no network with an address"
    return Check(
        "network", bool(networks), found, "" if networks else "Plug in a cable; loopback still works."
    )


def _disk(profile: Profile) -> Check:
    folder = profile.root
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    fine = free > 1 << 30
    return Check(
        "disk", fine, f"{free / (1 << 30):.1f} GiB free at {folder}", "" if fine else "Free at least 1 GiB."
    )


def _profile(profile: Profile) -> Check:
    found = f"{profile.root}" if profile.mirror.exists() else f"{profile.root}, not used yet"
    return Check("profile", True, found)


CHECKS: tuple[Callable[[Profile], Check], ...] = (_python, _qt, _keys, _network, _disk, _profile)
