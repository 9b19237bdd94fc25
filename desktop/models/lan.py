"""What answers on the LAN, joined with the library and the devices: new ones to adopt, those of the site, strangers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address

from core.entities.device import DEVICE, MAC_ENTRY, SIGHTING, Device, DeviceState, Sighting
from core.entities.site import SITE
from core.ports.lan import AccessState
from core.rules.compile import shown_mac
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.columns import MONO, QUIET, QUIET_MONO, STRONG, ListColumn, col
from desktop.models.devices import bare_address, silhouette
from desktop.models.listing import FilterField
from desktop.models.places import Places, read_places
from desktop.models.rows_table import Group
from desktop.models.words import age_word, number_word, translate
from desktop.qt.roles import GroupRow, Look, RowLook

TOUCHES = frozenset({"sightings", "devices", "mac_entries", "buildings", "apartments", "sites", "jobs"})


class LanState(StrEnum):
    """What can be said about an address, and so what can be done with it."""

    READY = "ready"
    ADOPTING = "adopting"
    BLOCKED = "blocked"
    LOGIN = "login"
    NOT_OURS = "not_ours"
    NO_MAC = "no_mac"
    HERE = "here"
    UNSEEN = "unseen"
    ELSEWHERE = "elsewhere"
    OTHER = "other"


NEW = frozenset(
    {LanState.READY, LanState.ADOPTING, LanState.BLOCKED, LanState.LOGIN, LanState.NOT_OURS, LanState.NO_MAC}
)


@dataclass(frozen=True, slots=True)
class LanLine:
    """One address or one device of the site that does not answer."""

    key: str
    state: LanState
    mac: str
    model: str
    address: str
    firmware: str
    words: str
    seen_at: datetime | None
    methods: tuple[str, ...] = ()
    reason: str = ""
    device: Device | None = None
    place: str = ""

    @property
    def obstacle(self) -> str:
        """Why it cannot be adopted, as a sentence; empty when it can."""
        return "" if self.state is LanState.READY else _why_not(self)


def _why_not(line: LanLine) -> str:
    words = {
        LanState.ADOPTING: translate("It is being adopted."),
        LanState.BLOCKED: line.reason or translate("Its HTTP API is closed for this computer."),
        LanState.LOGIN: line.reason or translate("None of the known sign-ins fits."),
        LanState.NOT_OURS: translate("Its MAC is not in your library. Ask your distributor to register it."),
        LanState.NO_MAC: line.reason or translate("It does not tell its MAC."),
        LanState.HERE: translate("It is already a device of this site."),
        LanState.UNSEEN: translate("It is already a device of this site."),
        LanState.ELSEWHERE: translate("It belongs to {0}. Remove it there first.").format(line.place),
        LanState.OTHER: translate("It is not an intercom that Gatewright knows."),
    }
    return words[line.state]


async def load_lan(
    ctx: Context, site_id: str, busy: Callable[[str], bool] = lambda _mac: False
) -> list[LanLine]:
    """Everything seen, and the site's devices that were not. `busy(mac)`: a job works on it."""

    def work(reader: Reader) -> list[LanLine]:
        org = ctx.actor.org_id if ctx.actor else ""
        surroundings = Surroundings(
            places=read_places(reader, site_id),
            devices={d.mac: d for d in reader.find(DEVICE)},
            library=frozenset(e.mac for e in reader.find(MAC_ENTRY, scope_id=org)),
            sites={s.id: s.name for s in reader.find(SITE)},
            busy=busy,
        )
        return lan_lines(reader.find(SIGHTING), surroundings)

    return await ctx.mirror.read(work, limit_ms=10_000)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sighting is joined with: the site's places, all devices by MAC, the library's MACs, names of sites."""

    places: Places
    devices: Mapping[str, Device]
    library: frozenset[str]
    sites: Mapping[str, str]
    busy: Callable[[str], bool] = lambda _mac: False

    @property
    def here(self) -> str:
        """Id of the chosen site."""
        return self.places.site.id if self.places.site else ""


def lan_lines(seen: Sequence[Sighting], around: Surroundings) -> list[LanLine]:
    """Join them. A device that answers at two addresses is shown at the later one."""
    latest: dict[str, Sighting] = {}
    for sighting in sorted(seen, key=lambda s: s.seen_at.timestamp() if s.seen_at else 0.0):
        latest[sighting.mac or sighting.url] = sighting
    absent = [d for d in around.devices.values() if d.site_id == around.here and d.mac not in latest]
    lines = [_seen_line(s, around) for s in latest.values()] + [
        _unseen_line(d, around.places) for d in absent
    ]
    return sorted(lines, key=lambda x: (_GROUP_ORDER[group_of(x)], address_order(x.address), x.mac))


def _seen_line(sighting: Sighting, around: Surroundings) -> LanLine:
    device = around.devices.get(sighting.mac)
    place, at_home = "", False
    if device is not None:
        at_home = device.site_id == around.here
        place = device_words(device, around.places) if at_home else around.sites.get(device.site_id, "")
    state = _state(sighting, device, around)
    return LanLine(
        key=sighting.mac or sighting.url,
        state=state,
        mac=sighting.mac,
        model=sighting.model or (device.model if device else ""),
        address=bare_address(sighting.url),
        firmware=sighting.firmware or (device.firmware if device else ""),
        words=_planned_words(state, place) if at_home else _state_words(state, place),
        seen_at=sighting.seen_at,
        methods=sighting.methods,
        reason=sighting.reason,
        device=device,
        place=place,
    )


def device_words(device: Device, places: Places) -> str:
    """`Building A · Main entrance`."""
    where = places.place(device.building_id, device.apartment_id)
    return f"{where} · {device.name}" if where else device.name


def _unseen_line(device: Device, places: Places) -> LanLine:
    return LanLine(
        key=device.mac,
        state=LanState.UNSEEN,
        mac=device.mac,
        model=device.model,
        address=bare_address(device.address),
        firmware=device.firmware,
        words=device_words(device, places),
        seen_at=device.seen_at,
        device=device,
        place=device_words(device, places),
    )


_CLOSED = frozenset(
    {
        AccessState.BLOCKED.value,
        AccessState.HTTPS.value,
        AccessState.ERROR.value,
        AccessState.OTHER_NETWORK.value,
    }
)


def _state(sighting: Sighting, device: Device | None, around: Surroundings) -> LanState:
    if device is not None:
        if device.site_id != around.here:
            return LanState.ELSEWHERE
        if sighting.gone:
            return LanState.UNSEEN
        return LanState.HERE if device.state is DeviceState.COMMISSIONED else _way_in(sighting, around)
    if sighting.access == AccessState.OTHER.value:
        return LanState.OTHER
    if sighting.mac and sighting.mac not in around.library and not around.busy(sighting.mac):
        return LanState.NOT_OURS
    return _way_in(sighting, around)


def _way_in(sighting: Sighting, around: Surroundings) -> LanState:
    """What stands between a device that may be adopted and its adoption."""
    if sighting.mac and around.busy(sighting.mac):
        return LanState.ADOPTING
    if sighting.access in _CLOSED:
        return LanState.BLOCKED
    if sighting.access == AccessState.NEEDS_LOGIN.value:
        return LanState.LOGIN
    return LanState.READY if sighting.mac else LanState.NO_MAC


def _state_words(state: LanState, place: str) -> str:
    words = {
        LanState.READY: translate("Ready to adopt"),
        LanState.ADOPTING: translate("Adopting"),
        LanState.BLOCKED: translate("API closed"),
        LanState.LOGIN: translate("Needs another sign-in"),
        LanState.NOT_OURS: translate("Not in your library"),
        LanState.NO_MAC: translate("Does not tell its MAC"),
        LanState.ELSEWHERE: translate("At {0}").format(place),
        LanState.OTHER: translate("Not an intercom"),
    }
    return words.get(state, place)


def _planned_words(state: LanState, place: str) -> str:
    """A device of this site: its place, and before it is set up also what is to be done or in the way."""
    return place if state in {LanState.HERE, LanState.UNSEEN} else f"{_state_words(state, place)} · {place}"


def group_of(line: LanLine) -> str:
    """new, site, elsewhere or other."""
    if line.state in NEW:
        return "new"
    if line.state in {LanState.HERE, LanState.UNSEEN}:
        return "site"
    return "elsewhere" if line.state is LanState.ELSEWHERE else "other"


_GROUP_ORDER = {"new": 0, "site": 1, "elsewhere": 2, "other": 3}


def lan_heading(name: str, lines: Sequence[LanLine], site: str) -> Group:
    """The heading of a group."""
    titles = {
        "new": translate("New on this LAN"),
        "site": site or translate("This site"),
        "elsewhere": translate("Your other sites"),
        "other": translate("Other answers"),
    }
    note = ""
    if name == "site":
        unseen = sum(1 for x in lines if x.state is LanState.UNSEEN)
        note = translate("{0} answer").format(len(lines) - unseen)
        if unseen:
            note += " · " + translate("{0} not seen").format(unseen)
    elif name == "new":
        ready = sum(1 for x in lines if x.state is LanState.READY)
        note = translate("{0} ready to adopt").format(ready)
    return Group(name, _GROUP_ORDER[name], GroupRow(titles[name], number_word(len(lines)), note))


_LOOKS = {
    LanState.READY: Look(icon="plus", tone="acct"),
    LanState.ADOPTING: Look(verdict="running"),
    LanState.BLOCKED: Look(verdict="refused"),
    LanState.LOGIN: Look(icon="key-round", tone="ambiguous"),
    LanState.NOT_OURS: Look(verdict="foreign"),
    LanState.NO_MAC: Look(icon="triangle-alert", tone="ambiguous"),
    LanState.UNSEEN: Look(verdict="unreachable"),
    LanState.ELSEWHERE: Look(icon="map-pin", tone="t2"),
    LanState.OTHER: Look(tone="t3"),
}
_STRIPES = {
    LanState.READY: "acc",
    LanState.ADOPTING: "acc",
    LanState.BLOCKED: "refused",
    LanState.LOGIN: "ambiguous",
    LanState.NO_MAC: "ambiguous",
    LanState.NOT_OURS: "foreign",
    LanState.HERE: "proved",
    LanState.UNSEEN: "unreachable",
}


def _place_look(line: LanLine) -> Look:
    look = _LOOKS.get(line.state, Look())
    return (
        Look(verdict=look.verdict, icon=look.icon, tone=look.tone, reason=line.reason)
        if line.reason
        else look
    )


def lan_row_look(line: LanLine) -> RowLook:
    """The stripe of a line; what cannot be adopted says why it cannot be ticked."""
    quiet = line.state in {LanState.OTHER, LanState.UNSEEN}
    return RowLook(stripe=_STRIPES.get(line.state, ""), faded=quiet)


def address_order(address: str) -> tuple[int, int, str]:
    """Addresses by their numbers, then names; with the port last."""
    host, _, port = address.partition(":")
    try:
        return (0, int(ip_address(host)), port.zfill(5))
    except ValueError:
        return (1, 0, address)


def lan_columns(now: Callable[[], datetime]) -> list[ListColumn]:
    """The columns of the LAN."""

    def seen(line: LanLine) -> str:
        return age_word(line.seen_at, now()) or "—"

    return [
        col("kind", "", lambda _x: "", 34, _picture, sortable=False),
        col("model", translate("Device"), _model_words, 88, STRONG),
        col("mac", translate("MAC"), lambda x: shown_mac(x.mac), 142, MONO, drop=2),
        col(
            "address",
            translate("Address"),
            lambda x: x.address,
            120,
            MONO,
            order=lambda x: address_order(x.address),
        ),
        col("firmware", translate("Firmware"), lambda x: x.firmware, 122, QUIET_MONO, drop=3),
        col("place", translate("Place or state"), lambda x: x.words, 190, _place_look, stretch=True),
        col("seen", translate("Seen"), seen, 66, QUIET, order=_seen, drop=1),
    ]


def _picture(line: LanLine) -> Look:
    return Look() if line.state is LanState.OTHER else Look(device=silhouette(line.model, line.firmware))


def _model_words(line: LanLine) -> str:
    return line.model or ("" if line.state is LanState.OTHER else translate("unknown"))


def _seen(line: LanLine) -> float:
    return -line.seen_at.timestamp() if line.seen_at else 0.0


def lan_filters() -> list[FilterField]:
    """What the LAN can be narrowed by."""
    groups: list[tuple[object, str]] = [
        ("new", translate("new")),
        ("site", translate("of this site")),
        ("elsewhere", translate("of your other sites")),
        ("other", translate("other answers")),
    ]
    states: list[tuple[object, str]] = [
        (LanState.READY.value, translate("ready to adopt")),
        (LanState.BLOCKED.value, translate("API closed")),
        (LanState.LOGIN.value, translate("needs another sign-in")),
        (LanState.UNSEEN.value, translate("not seen")),
    ]
    return [
        FilterField("group", translate("Show"), lambda: groups, group_of),
        FilterField("state", translate("State"), lambda: states, lambda x: x.state.value),
    ]
