"""What stands around the demo's workstation: cloud and LAN processes, their folders, the passphrase."""

from __future__ import annotations

import asyncio
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
from desktop.demo.processes import Child
from desktop.embedded import admin_show, create_firm, opened_cloud
from device_link.discovery.neighbours import FileNeighbours
from device_link.drivers.akuvox.pacing import fast_pacing

RESTART_LIMIT_S = 30.0


@dataclass(slots=True)
class Stage:
    """The demo's world in one folder. A second run on the same folder finds everything as it was left."""

    root: Path
    cloud: Child | None = None
    lan: Child | None = None
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    _accounts_made: bool = False

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
        self.environment[PASSPHRASE] = os.environ[PASSPHRASE] = "gatewright demo"
        return "This machine has no key ring, so the demo locks its own mirror with a passphrase of its own."

    async def start_cloud(self) -> str:
        """Start the cloud core, with the demo's accounts when it is new; returns its URL."""
        folder = self.root / "cloud"
        if not self._accounts_made:
            folder.mkdir(parents=True, exist_ok=True)
            await asyncio.to_thread(self._make_accounts)
            self._accounts_made = True
        arguments = ["cloud", "serve", "--database", self.database, "--bind", "127.0.0.1:0"]
        self.cloud = await Child.start(
            [*arguments, "--blobs", str(folder / "blobs")], self.root / "cloud.log"
        )
        return str(self.cloud.ready["url"])

    def _make_accounts(self) -> None:
        """A distributor and its installer, as an operator would make them; what is there already stays."""
        with opened_cloud(self.database) as cloud:
            there = {o["name"]: o["id"] for o in admin_show(cloud)["organisations"]}
            if story.DISTRIBUTOR not in there:
                made = create_firm(cloud, story.DISTRIBUTOR, "demo.distributor", story.PASSWORD)
                there[story.DISTRIBUTOR] = made.org_id
            if story.INSTALLER not in there:
                above = there[story.DISTRIBUTOR]
                create_firm(
                    cloud, story.INSTALLER, story.USER, story.PASSWORD, under=above, full_name="Tor Ostby"
                )

    async def cloud_counts(self) -> dict[str, int]:
        """How many devices and residents the cloud's database holds."""

        def count() -> dict[str, int]:
            with opened_cloud(self.database) as cloud:
                rows = admin_show(cloud)["rows"]
            return {name: int(rows[name]) for name in ("devices", "residents")}

        return await asyncio.to_thread(count)

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
        return Surroundings(fast_pacing, FileNeighbours(self._neighbours), RESTART_LIMIT_S)

    async def open(self, profile: Profile) -> Workstation:
        """Open one of the two workstations."""
        return await open_workstation(profile, surroundings=self.surroundings(), environment=self.environment)

    def prefer(self, **values: str) -> None:
        """Set preferences of the workstation's window, as a person would in its settings."""
        file = self.station.make().settings
        kept = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        file.write_text(json.dumps({**kept, **values}), "utf-8")

    async def stop(self) -> None:
        """Stop both processes."""
        await self.stop_cloud()
        if self.lan is not None:
            await self.lan.stop()
            self.lan = None

    def forget(self) -> None:
        """Throw the whole world away; the next run begins anew."""
        shutil.rmtree(self.root, ignore_errors=True)
