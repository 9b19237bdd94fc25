"""The device without its sockets: memory, settings, people, relays, log, clock and phase. Endpoints act on it.

Nothing here reads or writes a connection, a file or a task; `device` does that around it.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from device_link.simulator.action_url import expand
from device_link.simulator.clock import SimClock
from device_link.simulator.config import Config
from device_link.simulator.config_map import ACTION_URL, api_prefix
from device_link.simulator.digest import DigestGate
from device_link.simulator.faults import FaultSet
from device_link.simulator.people import People
from device_link.simulator.profiles import Profile
from device_link.simulator.relays import Relays
from device_link.simulator.state import CallEvent, DeviceState, DoorEvent, FirmwareSlot, User
from device_link.simulator.timezones import local_time

CALL_LOG_MAX = 500
_SYSLOG_MAX = 400
_SESSIONS_MAX = 16
_OUTGOING_MAX = 100
_LOG_WORDS = {
    "rf": {"Card": "RF", "Password": "PIN"},
    "chinese": {"Card": "刷卡", "Password": "密码"},
    "empty": {"Card": "", "Password": "--"},
}
_CLOCK_RANGE = (0.0, 4_000_000_000.0)


class Phase(Enum):
    """Where a device is in its life: serving, writing firmware (serving still), or down for a restart."""

    RUNNING = "running"
    FLASHING = "flashing"
    DOWN = "down"


class Unit:
    """One device's inside. `dirty` says that memory changed since it was last saved.

    `known_images`: MD5 of a vendor's closed file -> its version; what else is no simulated image is refused.
    """

    def __init__(self, profile: Profile, state: DeviceState, clock: SimClock, faults: FaultSet) -> None:
        self.profile = profile
        self.state = state
        self.clock = clock
        self.faults = faults
        self.config = Config(profile, state.config)
        self.people = People(profile, state, faults)
        self.relays = Relays(profile, self.config, clock)
        self.digest = DigestGate()
        self.known_images: Mapping[str, str] = {}
        self.inputs = dict.fromkeys("ABCD"[: profile.inputs], 0)
        self.ip = ""
        self.port = 0
        self.tls_port = 0
        self.phase = Phase.RUNNING
        self.dirty = False
        self.outgoing: deque[str] = deque(maxlen=_OUTGOING_MAX)
        self.closings: deque[tuple[int, float]] = deque(maxlen=_OUTGOING_MAX)
        self.syslog: deque[str] = deque(maxlen=_SYSLOG_MAX)
        self.downloads: dict[str, bytes] = {}
        self.deferred: dict[str, str] = {}
        self.start()

    def start(self) -> None:
        """Start up: delayed settings take effect; sessions, nonces, open relays, a call and a capture are gone."""
        self.config.put(self.deferred)
        self.deferred.clear()
        self.booted_at = self.clock.monotonic()
        self.prepared = False
        self.upgrade_failed = False
        self.talking = False
        self.capture_until = 0.0
        self.capture_kind = ""
        self.web_nonces: deque[str] = deque(maxlen=_SESSIONS_MAX)
        self.web_tokens: deque[str] = deque(maxlen=_SESSIONS_MAX)
        self.relay_login = self._relay_login()
        self.relays.restart()
        self.digest.restart()
        self.downloads.clear()

    def _relay_login(self) -> tuple[str, str]:
        """The relay's web password takes effect at a restart (device API 3.3)."""
        prefix = "Config.DoorSetting.RELAY"
        names = (
            ("UserName", "Password")
            if self.profile.relay_keys == "lettered"
            else ("RelayOnWebUser", "RelayOnWebPwd")
        )
        return self.config.get(f"{prefix}.{names[0]}"), self.config.get(f"{prefix}.{names[1]}")

    # --------------------------------------------------------------------------------------------------- time

    def now(self) -> float:
        """Return what the device's clock says, in seconds since the epoch."""
        off = self.state.clock_offset + self.faults.number("clock-off")
        return min(max(self.clock.now() + off, _CLOCK_RANGE[0]), _CLOCK_RANGE[1])

    def set_clock(self, epoch_s: float) -> None:
        """Set the device's clock; a fault that made it wrong is healed by it."""
        self.faults.switch_off("clock-off")
        self.state.clock_offset = epoch_s - self.clock.now()
        self.dirty = True

    def local_now(self) -> datetime:
        """Return the wall-clock time on the device's screen."""
        return local_time(self.config, self.now())

    def uptime_s(self) -> int:
        """Return whole seconds since the last start."""
        return int(self.clock.monotonic() - self.booted_at)

    # ------------------------------------------------------------------------------------------------ identity

    @property
    def mac(self) -> str:
        """The MAC as twelve upper-case hex digits."""
        return self.state.mac

    def shown_mac(self) -> str:
        """Return the MAC as this device writes it."""
        pairs = [self.mac[at : at + 2] for at in range(0, 12, 2)]
        style = self.faults.text("mac-format")
        if style == "plain":
            return self.mac
        return (
            "-".join(pairs)
            if style == "dash"
            else ":".join(pairs).lower()
            if style == "lower"
            else ":".join(pairs)
        )

    @property
    def host(self) -> str:
        """Address and port, as the device writes them into URLs of its own."""
        return f"{self.ip}:{self.port}"

    def api_setting(self, name: str) -> str:
        """Return one of the HTTP API's own settings, such as AuthMode."""
        return self.config.get(f"{api_prefix(self.profile)}.{name}")

    # -------------------------------------------------------------------------------------------------- writes

    def write_config(self, values: Mapping[str, str]) -> bool:
        """Write settings as the device does; False when it refuses. Faults may ignore or delay single keys."""
        policy = self.faults.text("unknown-key", "ignore")
        unknown = {key for key in values if key not in self.config}
        if unknown and policy == "refuse":
            return False
        try:
            meant = {key: self.config.decoded(key, value) for key, value in values.items()}
        except ValueError:
            return False
        skipped = self.faults.texts("config-ignore") | (unknown if policy == "ignore" else frozenset())
        delayed = self.faults.texts("config-reboot")
        self.deferred |= {key: value for key, value in meant.items() if key in delayed}
        self.config.put({key: value for key, value in meant.items() if key not in skipped | delayed})
        self.dirty = True
        return True

    def log_door(self, kind: str, code: str, relay: str, user: User | None, *, opened: bool) -> None:
        """Write one record into the door log and one line into the system log."""
        kind = _LOG_WORDS.get(self.faults.text("log-words"), {}).get(kind, kind)
        self.state.counters.door += 1
        number, now = self.state.counters.door, self.local_now()
        picture = f"{number}_{now:%Y-%m-%d_%H:%M:%S}.jpg" if "PicUrl" in self.profile.door_log_extras else ""
        self.state.door_log.append(
            DoorEvent(
                number,
                f"{now:%Y-%m-%d}",
                f"{now:%H:%M:%S}",
                user.name if user else "Unknown",
                code,
                kind,
                "Succ" if opened else "Failed",
                user.user_id if user else "",
                relay,
                picture,
            )
        )
        del self.state.door_log[: -self.profile.door_log_max]
        status = "Successful" if opened else "Failed"
        self.syslog.append(
            f"{now:%b %d %H:%M:%S} OPENDOOR_LOG:Type:{kind} KeyCode:{code} Relay:{relay} Status:{status}"
        )
        self.dirty = True

    def log_call(self, kind: str, name: str, called: str) -> None:
        """Write one record into the call log."""
        self.state.counters.call += 1
        now = self.local_now()
        server = self.config.get("Config.Account1.SIP.Server") or self.ip
        local = f"{self.config.get('Config.Account1.GENERAL.UserName')}@{server}"
        number = self.state.counters.call
        self.state.call_log.append(
            CallEvent(number, f"{now:%Y-%m-%d}", f"{now:%H:%M:%S}", name, kind, local, called)
        )
        del self.state.call_log[:-CALL_LOG_MAX]
        self.dirty = True

    def reset(self, *, keep_data: bool) -> None:
        """Back to the factory's settings; people, schedules, groups, contacts and logs go too unless kept."""
        self.config.reset()
        self.deferred.clear()
        if not keep_data:
            fresh = DeviceState(mac=self.state.mac, profile=self.state.profile, firmware=self.state.firmware)
            self.people.clear()
            for name in ("schedules", "groups", "contacts", "dial_rules", "files", "door_log", "call_log"):
                setattr(self.state, name, getattr(fresh, name))
        self.dirty = True

    def begin_flash(self, slot: FirmwareSlot) -> None:
        """Take an image for flashing: from here on a power cut does not stop it."""
        self.state.pending = slot
        self.phase = Phase.FLASHING
        self.dirty = True

    def finish_flash(self) -> None:
        """Make the pending image the running one, as far as the faults let it."""
        slot = self.state.pending
        self.state.pending = self.state.slot = None
        if slot is None:
            return
        wrong_model = slot.model_id != self.profile.model_id and not self.faults.has("wrong-model")
        if not slot.problem and not wrong_model and not self.faults.strike("upgrade-same"):
            self.state.firmware = slot.version
        if self.faults.has("upgrade-resets"):
            self.reset(keep_data=False)
        self.dirty = True

    # ------------------------------------------------------------------------------------------- action URLs

    def notify(self, event: str, variables: Mapping[str, str]) -> None:
        """Queue the action URL of an event, expanded, if one is set (device API 6); `device` sends it."""
        template = self.config.get(f"{ACTION_URL}.{event}")
        if not template or not self.config.flag(f"{ACTION_URL}.Enable"):
            return
        now = self.local_now()
        known = {
            "mac": self.mac,
            "ip": self.ip,
            "model": self.profile.model,
            "firmware": self.state.firmware,
            "time": f"{now:%Y-%m-%d %H:%M:%S}",
            "location": self.config.get("Config.DoorSetting.DEVICENODE.Location"),
            "alarmstatus": "0",
        }
        for number in range(1, self.profile.relays + 1):
            known[f"relay{number}status"] = str(int(self.relays.is_open(number)))
        for number, level in enumerate(self.inputs.values(), start=1):
            known[f"input{number}status"] = str(level)
        self.outgoing.append(expand(template, known | dict(variables)))

    def new_web_nonce(self) -> str:
        """Return a nonce for a sign-in to the web pages."""
        self.web_nonces.append(secrets.token_hex(8))
        return self.web_nonces[-1]

    def new_web_token(self) -> str:
        """Return a token for a session of the web pages."""
        self.web_tokens.append(secrets.token_hex(16))
        return self.web_tokens[-1]
