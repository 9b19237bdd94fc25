"""What answers on the LAN, joined with the library and the devices: new ones to adopt, those of the site, strangers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address

from core.entities.device import DEVICE, SIGHTING, Device, DeviceState, Sighting
from core.entities.site import SITE
from core.ports.lan import AccessState
from core.rules.compile import shown_mac
from core.rules.sightings import SightingState, Standing, standings
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.maclib import library_of
from desktop.models.columns import MONO, QUIET, QUIET_MONO, STRONG, ListColumn, col
from desktop.models.devices import bare_address, silhouette
from desktop.models.listing import FilterField
from desktop.models.places import Places, read_places
from desktop.models.rows_table import Group
from desktop.models.words import age_word, number_word, translate
from desktop.qt.language import spoken
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
    MOVED = "moved"
    FACTORY = "factory"
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
    odd: str = ""
    """What is odd about it, as a sentence: two devices on one address, one at two addresses."""

    @property
    def ours(self) -> bool:
        """Whether it is a device of this site that was set up before."""
        known = self.device is not None and self.device.state is DeviceState.COMMISSIONED
        return known and self.state is not LanState.ELSEWHERE

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
        LanState.MOVED: translate("It is already a device of this site."),
        LanState.FACTORY: translate("It is already a device of this site, on factory settings again."),
        LanState.UNSEEN: translate("It is already a device of this site."),
        LanState.ELSEWHERE: translate("It belongs to {0}. Remove it there first.").format(line.place),
        LanState.OTHER: translate("It is not an intercom that Gatewright knows."),
    }
    return words[line.state]


async def load_lan(
    ctx: Context, site_id: str, busy: Callable[[str], bool] = lambda _mac: False
) -> list[LanLine]:
    """Everything seen, and the site's devices that were not (core.rules.sightings). `busy(mac)`: a job works on it."""
    now = ctx.clock.now()

    def work(reader: Reader) -> list[LanLine]:
        org = ctx.actor.org_id if ctx.actor else ""
        seen: list[Sighting] = reader.find(SIGHTING)
        # Of other sites only what answers here is told of: their thousands of devices are not looked at.
        others = reader.find_in(DEVICE, "mac", {row.mac for row in seen if row.mac})
        here = reader.find(DEVICE, site_id=site_id) if site_id else []
        devices = {device.id: device for device in (*here, *others)}.values()
        library = library_of(reader, {s.mac for s in seen} | {d.mac for d in devices}, org or "nobody")
        surroundings = Surroundings(
            places=read_places(reader, site_id), sites={s.id: s.name for s in reader.find(SITE)}, busy=busy
        )
        return lan_lines(standings(seen, list(devices), library, now), surroundings)

    return await ctx.mirror.read(work, limit_ms=10_000)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a standing is joined with: the site's places, names of sites, whether a job works on a MAC."""

    places: Places
    sites: Mapping[str, str]
    busy: Callable[[str], bool] = lambda _mac: False

    @property
    def here(self) -> str:
        """Id of the chosen site."""
        return self.places.site.id if self.places.site else ""


def lan_lines(found: Sequence[Standing], around: Surroundings) -> list[LanLine]:
    """The lines of the LAN by the rule of sightings; strangers and other sites' devices that left are not shown."""
    lines = [_line(one, around) for one in found if _shown(one, around)]
    return sorted(lines, key=lambda x: (_GROUP_ORDER[group_of(x)], address_order(x.address), x.mac))


def _shown(one: Standing, around: Surroundings) -> bool:
    here = one.device is not None and one.device.site_id == around.here
    return here or one.state is not SightingState.GONE


def _line(one: Standing, around: Surroundings) -> LanLine:
    device, sighting = one.device, one.sighting
    place, at_home = "", False
    if device is not None:
        at_home = device.site_id == around.here
        place = device_words(device, around.places) if at_home else around.sites.get(device.site_id, "")
    state = _state(one, around)
    return LanLine(
        key=one.mac or one.url,
        state=state,
        mac=one.mac,
        model=(sighting.model if sighting else "") or (device.model if device else ""),
        address=bare_address(one.url),
        firmware=(sighting.firmware if sighting else "") or (device.firmware if device else ""),
        words=_home_words(state, place) if at_home else _state_words(state, place),
        seen_at=sighting.seen_at if sighting else device.seen_at if device else None,
        methods=sighting.methods if sighting else (),
        reason=spoken(one.conflict or (sighting.reason if sighting else "")),
        device=device,
        place=place,
        odd=spoken(one.conflict),
    )


def device_words(device: Device, places: Places) -> str:
    """`Building A · Main entrance`."""
    where = places.place(device.building_id, device.apartment_id)
    return f"{where} · {device.name}" if where else device.name


_CLOSED = frozenset(
    {
        AccessState.BLOCKED.value,
        AccessState.HTTPS.value,
        AccessState.ERROR.value,
        AccessState.OTHER_NETWORK.value,
    }
)


def _state(one: Standing, around: Surroundings) -> LanState:
    device = one.device
    if device is None:
        return _stranger(one, around)
    if device.site_id != around.here:
        return LanState.ELSEWHERE
    if one.state is SightingState.GONE:
        return LanState.UNSEEN
    if device.state is not DeviceState.COMMISSIONED:
        return _way_in(one, around)
    states = {one.state, *one.also}
    if SightingState.NEEDS_ACCESS in states:
        return _way_in(one, around)
    if SightingState.FACTORY_DEFAULT in states:
        return LanState.FACTORY
    return LanState.MOVED if SightingState.CHANGED_ADDRESS in states else LanState.HERE


def _stranger(one: Standing, around: Surroundings) -> LanState:
    if one.state is SightingState.FOREIGN_MAKER:
        return LanState.OTHER
    if one.mac and not one.in_library and not around.busy(one.mac):
        return LanState.NOT_OURS
    return _way_in(one, around)


def _way_in(one: Standing, around: Surroundings) -> LanState:
    """What stands between a device that may be adopted and its adoption."""
    access = one.sighting.access if one.sighting else ""
    if one.mac and around.busy(one.mac):
        return LanState.ADOPTING
    if access in _CLOSED:
        return LanState.BLOCKED
    if access == AccessState.NEEDS_LOGIN.value:
        return LanState.LOGIN
    return LanState.READY if one.mac else LanState.NO_MAC


def _state_words(state: LanState, place: str) -> str:
    words = {
        LanState.READY: translate("Ready to adopt"),
        LanState.ADOPTING: translate("Adopting"),
        LanState.BLOCKED: translate("API closed"),
        LanState.LOGIN: translate("Needs another sign-in"),
        LanState.NOT_OURS: translate("Not in your library"),
        LanState.NO_MAC: translate("Does not tell its MAC"),
        LanState.ELSEWHERE: translate("At {0}").format(place),
        LanState.MOVED: translate("At another address than before"),
        LanState.FACTORY: translate("On factory settings again"),
        LanState.OTHER: translate("Not an intercom"),
    }
    return words.get(state, place)


def _home_words(state: LanState, place: str) -> str:
    """A device of this site: its place, and what is to be done or odd about it."""
    return place if state in {LanState.HERE, LanState.UNSEEN} else f"{_state_words(state, place)} · {place}"


def group_of(line: LanLine) -> str:
    """new, site, elsewhere or other."""
    if line.ours or line.state is LanState.UNSEEN:
        return "site"
    if line.state in NEW:
        return "new"
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
    LanState.MOVED: Look(icon="map-pin", tone="ambiguous"),
    LanState.FACTORY: Look(icon="rotate-ccw", tone="ambiguous"),
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
    LanState.MOVED: "ambiguous",
    LanState.FACTORY: "ambiguous",
    LanState.UNSEEN: "unreachable",
}


def _place_look(line: LanLine) -> Look:
    look = _LOOKS.get(line.state, Look())
    if line.odd and not look.verdict:
        return Look(icon="triangle-alert", tone="ambiguous", reason=line.odd)
    return (
        Look(verdict=look.verdict, icon=look.icon, tone=look.tone, reason=line.reason)
        if line.reason
        else look
    )


def lan_row_look(line: LanLine) -> RowLook:
    """The stripe of a line; what cannot be adopted says why it cannot be ticked."""
    quiet = line.state in {LanState.OTHER, LanState.UNSEEN}
    stripe = "ambiguous" if line.odd else _STRIPES.get(line.state, "")
    return RowLook(stripe=stripe, faded=quiet)


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
        (LanState.MOVED.value, translate("at another address")),
        (LanState.FACTORY.value, translate("on factory settings again")),
        (LanState.UNSEEN.value, translate("not seen")),
    ]
    return [
        FilterField("group", translate("Show"), lambda: groups, group_of),
        FilterField("state", translate("State"), lambda: states, lambda x: x.state.value),
    ]
