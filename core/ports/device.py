"""The door to one device on the LAN. Implemented by device_link; used by use cases and jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from core.base.errors import RefusedError
from core.rules.desired import Desired, Identity, Observed
from core.rules.plan import ItemResult, Plan


@dataclass(frozen=True, slots=True)
class Link:
    """How to reach one device: base URL (`http://10.0.0.5`), its MAC once known, and the API's user and password.

    With a `mac`, every session first checks that the device at the address is that one, and refuses otherwise.
    """

    url: str
    mac: str = ""
    user: str = ""
    password: str = field(default="", repr=False)


class Part(StrEnum):
    """What may be read or applied apart."""

    SETTINGS = "settings"
    PEOPLE = "people"
    """With the schedules that they use, and the contacts where any are wanted."""


class FirmwareStage(StrEnum):
    """Where a firmware push is. From UPGRADE on it cannot be stopped."""

    PREPARE = "prepare"
    UPLOAD = "upload"
    UPGRADE = "upgrade"
    RESTART = "restart"
    READ_BACK = "read_back"


@dataclass(frozen=True, slots=True)
class DoorEvent:
    """One line of a device's door log, cleaned; `local_time` is the device's own wall clock."""

    ref: str
    local_time: datetime | None
    name: str
    user_id: str
    method: str
    relay: str
    success: bool
    code_tail: str = ""


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One line of a device's call log, cleaned; `kind` is the device's own word (Dialed, Received, Missed ...)."""

    ref: str
    local_time: datetime | None
    name: str
    kind: str
    number: str


class Phone(Protocol):
    """The telephone in a device. Errors as those of `DeviceGateway`."""

    async def state(self) -> str:
        """What the device is doing, in its own word: `Ready`, `Talking`, `WEB_UPGRADING` ... (device API 3.2)."""
        ...

    async def dial(self, number: str, *, name: str) -> None:
        """Call a number or an address; returns when the device has accepted. `name`: what it shows, where it can."""
        ...

    async def hang_up(self) -> None:
        """End every call; a device that is in none says yes as well."""
        ...


def _cannot(link: Link, what: str, _asked: object = None) -> RefusedError:
    return RefusedError("device.unsupported", f"The device at {link.url} has {what}.")


class DeviceGateway(Protocol):
    """What may be asked of a device. Errors: RefusedError (with the device's words and, where the API itself is
    blocked, the way to open it as `remedy`), UnreachableError, AmbiguousError, DataError (an answer without sense).
    """

    async def identify(self, link: Link) -> Identity:
        """Read what the device is. Proves address, sign-in and MAC."""
        ...

    async def observe(self, link: Link, desired: Desired, parts: frozenset[Part]) -> Observed:
        """Read the parts, all pages. Only settings that `desired` names are read."""
        ...

    async def apply(
        self,
        link: Link,
        plan: Plan,
        *,
        report: Callable[[ItemResult], None],
        check_cancel: Callable[[], None],
    ) -> list[ItemResult]:
        """Send the plan's changes and nothing else, in safe order: settings, schedules, people added or changed,
        people removed, schedules removed. Never empties a device first. `report` is called per item as it is answered;
        `check_cancel` raises to stop between requests. A lost connection ends it: the item on its way is AMBIGUOUS (or
        UNREACHABLE when the request never left), the rest WAITING. Safe to repeat.
        """
        ...

    async def send_firmware(
        self,
        link: Link,
        image: Path,
        md5: str,
        *,
        stage: Callable[[FirmwareStage, int, int], None],
        file_name: str = "",
    ) -> None:
        """Prepare, upload, upgrade (device API 3.2). `stage(stage, bytes done, bytes total)` may raise to cancel
        before UPGRADE. `file_name` is the maker's name of the file (empty: that of `image`); a device may look at it.
        Returns when the device has accepted the upgrade; AmbiguousError when the connection broke after the upgrade
        request had left.
        """
        ...

    async def wait_back(self, link: Link, *, limit_s: float) -> Identity:
        """Wait through a restart until the device tells its identity again; UnreachableError after `limit_s`.

        A device that answers all the time without having restarted is believed after a while: compare its version. One
        that goes on refusing (another sign-in after a reset, another MAC) raises its RefusedError early.
        """
        ...

    async def reboot(self, link: Link) -> None:
        """Ask for a restart; returns when it was accepted."""
        ...

    async def reset(self, link: Link) -> None:
        """Factory reset: settings and people are gone afterwards."""
        ...

    async def trigger_relay(self, link: Link, number: int, *, hold_s: int) -> None:
        """Open one relay for `hold_s` seconds (device API 3.4)."""
        ...

    async def relay_states(self, link: Link) -> dict[int, bool]:
        """Relay number -> open."""
        ...

    async def door_events(self, link: Link, *, newest: int) -> list[DoorEvent]:
        """The newest events of the door log, newest first."""
        ...

    async def call_events(self, link: Link, *, newest: int) -> list[CallEvent]:
        """The newest lines of the call log, newest first (device API 3.11)."""
        raise _cannot(link, "no call log", newest)

    def phone(self, link: Link) -> Phone:
        """The device as a telephone (device API 3.7)."""
        raise _cannot(link, "no calls that can be reached from here")

    async def input_states(self, link: Link) -> dict[int, bool]:
        """Input number -> active (device API 3.6)."""
        raise _cannot(link, "no inputs")

    async def capture(self, link: Link, *, seconds: int) -> bytes:
        """The packets on the device's own network card during 1 to 180 seconds, as a pcap file (device API 3.11)."""
        raise _cannot(link, "no packet capture", seconds)

    async def device_time(self, link: Link) -> datetime:
        """The device's clock as UTC (device API 3.1 system/status)."""
        ...

    async def set_clock(self, link: Link, local_time: datetime) -> None:
        """Set the device's wall clock (a naive datetime of its own zone); reading it back proves it (W13)."""
        raise _cannot(link, "no clock that can be set from here", local_time)

    async def settings_map(self, link: Link) -> dict[str, str]:
        """Every setting under the device's own keys; passwords come empty or unreadable (device API 1.2, 3.3)."""
        raise _cannot(link, "no list of all settings")

    async def stream_address(self, link: Link) -> str:
        """Where the video stream is, without a sign-in (device API 7, 8)."""
        raise _cannot(link, "no video stream")

    async def send_screen_saver(self, link: Link, pictures: Sequence[tuple[str, Path]]) -> None:
        """Upload `(name, file)` pictures for the screen saver (DEV-14, device API 3.8); nothing tells of them later."""
        raise _cannot(link, "no screen saver that can be sent from here", pictures)

    async def snapshot(self, link: Link) -> bytes:
        """A JPEG of the camera (device API 7)."""
        ...
