"""Words, columns and filters of the list of equipment: what tells one row of a kind from another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from core.entities.attachment import CONTROLLER_RELAY, RELAY_CONTROLLER, ControllerRelay, shown_controller
from core.entities.equipment import CAMERA, PANEL, PANEL_UNIT, RECORDER, SMART_LOCK, PanelUnit
from core.entities.lock import LOCK
from desktop.models.columns import QUIET, STRONG, ListColumn, col
from desktop.models.equipment import KINDS, EquipmentLine
from desktop.models.listing import FilterField
from desktop.models.words import choice_word, counted, label_word, time_word, translate


def plural_word(kind: str) -> str:
    """A kind as the page's choice names it."""
    words = {
        "cameras": translate("Cameras"),
        "recorders": translate("Recorders"),
        "smart_locks": translate("Smart locks"),
        "locks": translate("Third-party locks"),
        "panels": translate("Smart-home panels"),
        "panel_units": translate("Zigbee devices"),
        "relay_controllers": translate("Relay controllers"),
        "controller_relays": translate("Relays of controllers"),
        "screen_savers": translate("Screen savers"),
    }
    return words[kind]


def hint_words(kind: str) -> str:
    """What a kind is for, where there is none yet."""
    hints = {
        "cameras": translate(
            "A camera needs a name, its RTSP address, a user and a password, and the premium plan."
        ),
        "recorders": translate("Residents may watch a recorder that hangs in a public area."),
        "smart_locks": translate("The maker's own locks SL20, SL21 and SL50, by apartment."),
        "locks": translate(
            "Dormakaba, Salto and iTec, by site or apartment; a group or a door phone opens them."
        ),
        "panels": translate("A panel shows the Zigbee devices behind it."),
        "panel_units": translate("A sensor, switch or dimmer behind a smart-home panel."),
        "relay_controllers": translate(
            "An indoor monitor drives one: MK485, HF-8000 or RSAC, by RS485 or Ethernet."
        ),
        "controller_relays": translate("Each has a name, which goes to the app, and what it moves."),
        "screen_savers": translate("A door phone shows two to five pictures while nobody uses it."),
    }
    return hints[kind]


def part_words(part: Any) -> tuple[str, str]:
    """Name and words of what is behind a panel or on a controller."""
    if isinstance(part, PanelUnit):
        return part.name, " · ".join(w for w in (part.kind, part.status) if w)
    relay: ControllerRelay = part
    words = choice_word(relay.function.value) if relay.enabled else translate("off")
    return f"{relay.number} · {relay.name}", words


def facts_of(row: Any, parts: Sequence[object] = ()) -> str:
    """What tells one of a kind from another, in a few words; never a password."""
    spec = next(s for s in KINDS.values() if isinstance(row, s.row))
    words: tuple[str, ...] = ()
    if spec is CAMERA:
        words = (row.address,)
    elif spec is RECORDER:
        words = (choice_word(row.brand.value), row.address)
    elif spec is SMART_LOCK:
        words = (row.model.value, row.serial)
    elif spec is LOCK:
        words = (choice_word(row.brand.value), row.serial, row.gateway)
    elif spec is PANEL:
        words = (row.mac, counted(len(parts), "{0} Zigbee device", "{0} Zigbee devices"))
    elif spec is PANEL_UNIT:
        words = (row.kind, row.ieee)
    elif spec is RELAY_CONTROLLER:
        relays = counted(len(parts), "{0} relay", "{0} relays")
        words = (shown_controller(row.model), choice_word(row.wiring.value), relays)
    elif spec is CONTROLLER_RELAY:
        words = (translate("Relay {0}").format(row.number), choice_word(row.function.value))
    else:
        pictures = counted(len(row.pictures), "{0} picture", "{0} pictures")
        words = (choice_word(row.mode.value), pictures if row.pictures else "")
    return " · ".join(word for word in words if word)


def state_of(line: EquipmentLine) -> str:
    """What holds now: what a lock or a Zigbee device said of itself, whether a relay is on, who sees a camera."""
    row = line.row
    battery = getattr(row, "battery", None)
    said: list[str] = [str(getattr(row, "status", ""))]
    if battery is not None:
        said.append(f"{battery} %")
    flags = {"active": ("active", "not active"), "enabled": ("on", "off")}
    for name, (yes, no) in flags.items():
        if hasattr(row, name):
            said.insert(0, translate(yes) if getattr(row, name) else translate(no))
    if not getattr(row, "may_monitor", True):
        said.append(translate("not for residents"))
    if getattr(row, "may_watch", False):
        said.append(translate("residents watch it"))
    if line.holds:
        said.append(counted(len(line.holds), "held open by {0} group", "held open by {0} groups"))
    return " · ".join(word for word in said if word)


def equipment_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of the list (DEV-09, DEV-10): name, place, resident, what it hangs on, what it is, state, dates."""

    def order(name: str) -> Callable[[EquipmentLine], float]:
        def key(line: EquipmentLine) -> float:
            moment = getattr(line.row, name, None)
            return moment.timestamp() if moment else 0.0

        return key

    def day(name: str) -> Callable[[EquipmentLine], str]:
        return lambda line: time_word(getattr(line.row, name, None), now(), zone())

    return [
        col("name", translate("Name"), lambda x: x.name, 150, STRONG),
        col("place", translate("Place"), lambda x: x.place, 130, QUIET),
        col("residents", translate("Residents"), lambda x: x.residents, 140, QUIET, drop=3),
        col("linked", label_word("Linked device"), lambda x: x.linked, 170, QUIET, drop=1),
        col("facts", translate("Details"), lambda x: facts_of(x.row, x.parts), 200, stretch=True),
        col("state", translate("State"), state_of, 110, QUIET, drop=2),
        col("made", translate("Created"), day("made_at"), 100, QUIET, order=order("made_at"), drop=4),
        col("until", label_word("Expires"), day("expires_at"), 100, QUIET, order=order("expires_at"), drop=5),
    ]


def equipment_filters(rows: Callable[[], Sequence[EquipmentLine]]) -> list[FilterField]:
    """By building, by what it is linked to or hangs on, and by state."""

    def choices(read: Callable[[EquipmentLine], str]) -> list[tuple[object, str]]:
        return [(value, value) for value in sorted({read(x) for x in rows()} - {""})]

    def field(key: str, label: str, read: Callable[[EquipmentLine], str]) -> FilterField:
        return FilterField(key, label, lambda: choices(read), read)

    return [
        field("building", translate("Building"), lambda x: x.building),
        field("linked", label_word("Linked device"), lambda x: x.linked),
        field("state", translate("State"), state_of),
    ]
