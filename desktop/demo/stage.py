"""What stands around the demo's workstation: cloud and LAN processes, their folders, the passphrase."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.base.paths import Profile
from core.store.keys import PASSPHRASE, KeyringStore
from desktop.app.workstation import Surroundings, Workstation, open_workstation
from desktop.demo import story
from desktop.demo.processes import Child, run_once
from device_link.discovery.neighbours import FileNeighbours
from device_link.drivers.akuvox.pacing import FAST

RESTART_LIMIT_S = 30.0


@dataclass(slots=True)
class Stage:
    """The demo's world in one folder. A second run on the same folder finds everything as it was left."""

    root: Path
    cloud: Child | None = None
    lan: Child | None = None
    environment: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def station(self) -> Profile:
        """The installer's workstation."""
        return Profile(self.root / "workstation")

    @property
    def second(self) -> Profile:
        """A second workstation of the same installer."""
        return Profile(self.root / "second")

    @property
    def database(self) -> str:
        """The embedded cloud's database."""
        return f"sqlite:///{self.root / 'cloud' / 'core.db'}"

    @property
    def devices(self) -> list[dict[str, Any]]:
        """What the simulated LAN says about its devices, in the order of the story."""
        return list(self.lan.ready["devices"]) if self.lan else []

    def targets(self) -> list[str]:
        """What a scan of this LAN is told: one address and port per device."""
        return [device["url"].split("://", 1)[1] for device in self.devices]

    def unlock(self) -> str:
        """Make sure that a mirror's key can be kept; returns a sentence when the demo had to help itself."""
        self.environment = dict(os.environ)
        if PASSPHRASE in self.environment:
            return ""
        if KeyringStore().kind != "fail":
            return ""
        self.environment[PASSPHRASE] = "gatewright demo"
        return "This machine has no key ring, so the demo locks its own mirror with a passphrase of its own."

    async def start_cloud(self) -> str:
        """Start the cloud core and make the demo's accounts where they are missing; returns its URL."""
        folder = self.root / "cloud"
        folder.mkdir(parents=True, exist_ok=True)
        await run_once(["cloud", "admin", "migrate", "--database", self.database])
        await self._make_accounts()
        arguments = ["cloud", "serve", "--database", self.database, "--bind", "127.0.0.1:0"]
        self.cloud = await Child.start([*arguments, "--blobs", str(folder / "blobs")], self.root / "cloud.log")
        return str(self.cloud.ready["url"])

    async def _make_accounts(self) -> None:
        admin = ["cloud", "admin"]
        where = ["--database", self.database]
        there = {o["name"] for o in (await run_once([*admin, "show", *where]))["organisations"]}
        if story.DISTRIBUTOR not in there:
            name = ["--name", story.DISTRIBUTOR, "--user", "demo.distributor"]
            await run_once([*admin, "create-distributor", *where, *name], stdin=story.PASSWORD + "\n")
        if story.INSTALLER in there:
            return
        name = ["--name", story.INSTALLER, "--user", story.USER, "--under", story.DISTRIBUTOR]
        await run_once(
            [*admin, "create-installer", *where, *name, "--full-name", "Tor Ostby"], stdin=story.PASSWORD + "\n"
        )

    async def cloud_counts(self) -> dict[str, int]:
        """How many devices and residents the cloud's database holds."""
        shown = await run_once(["cloud", "admin", "show", "--database", self.database])
        return {name: int(shown["rows"][name]) for name in ("devices", "residents")}

    async def stop_cloud(self) -> None:
        """Stop the cloud: from here on there is no network."""
        if self.cloud is not None:
            await self.cloud.stop()
            self.cloud = None

    async def start_lan(self) -> None:
        """Start the simulated LAN and write what a neighbour table would hold: on loopback there is no ARP."""
        faults = [f"{i}:{d.fault}" for i, d in enumerate(story.DEVICES) if d.fault]
        self.lan = await Child.start(
            [
                *("lan", "simulate", "--count", str(len(story.DEVICES))),
                *("--profile-name", ",".join(d.profile for d in story.DEVICES)),
                *("--faults", ",".join(faults), "--state", str(self.root / "lan"), "--seed", "7"),
            ],
            self.root / "lan.log",
        )
        table = {url: device["mac"] for url, device in zip(self.targets(), self.devices, strict=True)}
        self._neighbours.write_text(json.dumps(table), "utf-8")

    @property
    def _neighbours(self) -> Path:
        return self.root / "neighbours.json"

    def surroundings(self) -> Surroundings:
        """Fast pacing for simulated devices, and their neighbour table."""
        return Surroundings(FAST, FileNeighbours(self._neighbours), RESTART_LIMIT_S)

    async def open(self, profile: Profile) -> Workstation:
        """Open one of the two workstations."""
        return await open_workstation(profile, surroundings=self.surroundings(), environment=self.environment)

    async def stop(self) -> None:
        """Stop both processes."""
        await self.stop_cloud()
        if self.lan is not None:
            await self.lan.stop()
            self.lan = None

    def forget(self) -> None:
        """Throw the whole world away; the next run begins anew."""
        shutil.rmtree(self.root, ignore_errors=True)
