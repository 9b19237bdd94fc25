"""The door log of a site: events of any number, from SQL, with the names of doors and people read along (LOG-01)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.base.tasks import TaskOwner
from core.base.verdict import Verdict
from core.entities.device import DEVICE, RELAY
from core.entities.event import DOOR_EVENT, DoorEvent
from core.entities.person import RESIDENT
from core.rules.door_event import ALARMS
from core.store.changes import ChangeSet
from core.store.direct import ask
from core.store.query import ListQuery
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.door_desk import LogAnswer
from desktop.models.columns import MONO, QUIET, STRONG, ListColumn
from desktop.models.entity_table import EntityTable
from desktop.models.listing import FilterField
from desktop.models.places import read_places
from desktop.models.words import day_word, translate, zone_of
from desktop.qt.bridge import Crossing
from desktop.qt.roles import Link, Look, RowLook

ALARM_RECORDS = "alarms"
"""The value of the filter for alarms of every kind (ALM-01), and the target that opens the page at them."""
ICONS = {
    "pin": "keyboard",
    "card": "credit-card",
    "face": "scan-face",
    "call": "phone",
    "qr": "qr-code",
    "lpr": "car",
    "bluetooth": "bluetooth",
    "nfc": "nfc",
    "fingerprint": "contact",
    "temporary_key": "ticket",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What ids mean at the site."""

    devices: Mapping[str, str]
    people: Mapping[str, str]
    relays: Mapping[tuple[str, str], str]
    """(device id, letter) -> relay id."""


NOBODY = Names({}, {}, {})


class DoorLog(EntityTable):
    """Events of one site, newest first. `names` is read again when people or devices change."""

    def __init__(self, ctx: Context, tasks: TaskOwner, feed: Crossing, zone: Callable[[], str]) -> None:
        self.names = NOBODY
        self._names_stale = True
        self._now = ctx.clock.now
        self.zone = zone
        super().__init__(
            ctx.mirror,
            DOOR_EVENT,
            log_columns(self),
            tasks,
            feed,
            base={"scope_id": ""},
            filters=_filters(self),
            also=("devices", "residents", "apartments"),
            row_look=event_row_look,
        )
        self.sort_by("at", descending=True)

    def show_site(self, site_id: str) -> None:
        """Show the log of a site."""
        self.names = NOBODY
        self._names_stale = True
        self.set_base({"scope_id": site_id})

    def query(self) -> ListQuery:
        asked = super().query()
        equals = dict(asked.equals)
        if "worked" in equals:
            equals["worked"] = equals["worked"] == "opened"
        if equals.get("event") == ALARM_RECORDS:
            equals["event"] = tuple(sorted(ALARMS))
        return replace(asked, equals=equals)

    async def read_beside(self) -> None:
        if self._names_stale:
            self._names_stale = False
            site = str(self._base.get("scope_id", ""))
            try:
                self.names = await self.ask(lambda reader: read_names(reader, site))
            except BaseException:
                self._names_stale = True
                raise
            self.repaint()

    def _take_changes(self, changes: Sequence[ChangeSet]) -> bool:
        if any(c.touches("devices", "residents", "apartments") for c in changes):
            self._names_stale = True
        return super()._take_changes(changes)

    # -- words

    def when(self, event: DoorEvent) -> str:
        """`09:14:02` today, else with the day."""
        there = event.at.astimezone(zone_of(self.zone()))
        today = self._now().astimezone(zone_of(self.zone())).date()
        clock = f"{there:%H:%M:%S}"
        return clock if there.date() == today else f"{day_word(event.at, self.zone())} {clock}"

    def door(self, event: DoorEvent) -> str:
        """The device's name; empty until names are read."""
        if self.names is NOBODY:
            return ""
        return self.names.devices.get(event.device_id, translate("a device that is gone"))

    def who(self, event: DoorEvent) -> str:
        """Whose code it was: the person with the unit, or what was shown; no guess until names are read."""
        if self.names is NOBODY:
            return event.name
        if event.person_id and event.person_id in self.names.people:
            return self.names.people[event.person_id]
        if event.name:
            return event.name
        if event.code_tail:
            return translate("{0} …{1}").format(method_word(event.method), event.code_tail)
        return translate("unknown {0}").format(method_word(event.method))

    def relay_id(self, event: DoorEvent) -> str:
        """The relay that the event is about; empty when it is not known."""
        return self.names.relays.get((event.device_id, event.relay or "A"), "")


_PEOPLE = f"SELECT id, first_name, last_name, apartment_id FROM {RESIDENT.name} WHERE scope_id = ?"  # noqa: S608


def read_names(reader: Reader, site_id: str) -> Names:
    """Names of a site's devices and people; people with their unit."""
    places = read_places(reader, site_id)
    people = {}
    # Four texts instead of every field: a site may have twenty thousand people.
    for person, first, last, home in ask(reader.connection, _PEOPLE, site_id):
        name, unit = " ".join(part for part in (first, last) if part).removesuffix(" ·"), places.unit(home)
        people[person] = f"{name}, {unit}" if unit else name
    devices = {d.id: d.name for d in reader.find(DEVICE, scope_id=site_id)}
    letters = {r: "ABCD"[r.number - 1] for r in reader.find(RELAY, scope_id=site_id)}
    return Names(devices, people, {(r.device_id, letter): r.id for r, letter in letters.items()})


def method_word(method: str) -> str:
    """How somebody opened, in words."""
    words = {"pin": translate("PIN"), "qr": translate("QR code"), "nfc": "NFC", "lpr": translate("plate")}
    return words.get(method, translate(method.replace("_", " ")) if method else translate("code"))


def outcome_words(event: DoorEvent) -> str:
    """What happened, in words that say why it needs somebody."""
    if event.event in ALARMS:
        return alarm_word(event.event)
    if event.event not in {"opened", "refused"}:
        return event.event.replace("_", " ")
    if event.worked:
        foreign = not event.person_id and not event.name and event.code_tail
        return (
            translate("opened, nobody's {0}").format(method_word(event.method))
            if foreign
            else translate("opened")
        )
    if event.person_id:
        return translate("not opened for this person")
    return translate("no such {0}").format(method_word(event.method))


def alarm_word(event: str) -> str:
    """What an alarm says."""
    words = {
        "tamper": translate("tamper alarm"),
        "break_in_a": translate("door A was forced"),
        "break_in_b": translate("door B was forced"),
    }
    return words[event]


def outcome_look(event: DoorEvent) -> Look:
    """Refusals in red, nobody's codes as foreign."""
    if not event.worked:
        return Look(tone="refused")
    return Look(tone="foreign") if is_foreign(event) else Look(tone="t2")


def is_foreign(event: DoorEvent) -> bool:
    """A door opened for a code that is nobody's."""
    return event.worked and not event.person_id and not event.name and bool(event.code_tail)


def event_row_look(event: DoorEvent) -> RowLook:
    """A stripe where somebody is needed."""
    if not event.worked:
        return RowLook(stripe="refused")
    return RowLook(stripe="foreign" if is_foreign(event) else "")


def log_columns(log: DoorLog) -> list[ListColumn]:
    """The columns of the log."""

    def links(event: DoorEvent) -> Look:
        if event.person_id and not event.worked:
            return Look(links=(Link("why", translate("Why")),))
        return Look(links=(Link("ghost", translate("Whose")),)) if is_foreign(event) else Look()

    def exported(event: DoorEvent) -> datetime:
        return event.at

    return [
        ListColumn("at", translate("Time"), log.when, 92, look=MONO, sort="at", value=exported),
        ListColumn("device_id", translate("Door"), log.door, 168, look=STRONG),
        ListColumn("method", translate("By"), lambda e: method_word(e.method), 92, look=_method_look, drop=1),
        ListColumn("name", translate("Who"), log.who, 220, stretch=True, sort="name"),
        ListColumn("event", translate("What"), outcome_words, 190, look=outcome_look, sort="event"),
        ListColumn("more", "", lambda _e: "", 70, look=links, drop=2),
        ListColumn("ref", translate("Record"), lambda e: e.ref, 70, look=QUIET, drop=3),
    ]


def _method_look(event: DoorEvent) -> Look:
    return Look(icon=ICONS.get(event.method, "key"), tone="t2")


def _filters(log: DoorLog) -> list[FilterField]:
    outcomes: list[tuple[object, str]] = [
        ("opened", translate("opened")),
        ("refused", translate("not opened")),
    ]
    methods: list[tuple[object, str]] = [(m, method_word(m)) for m in ICONS]
    return [
        FilterField("device_id", translate("Door"), lambda: _doors(log)),
        FilterField("worked", translate("What"), lambda: outcomes),
        FilterField("method", translate("By"), lambda: methods),
        FilterField("event", translate("Kind"), lambda: [(ALARM_RECORDS, translate("alarms"))]),
    ]


def _doors(log: DoorLog) -> list[tuple[object, str]]:
    return sorted(((k, v) for k, v in log.names.devices.items()), key=lambda pair: pair[1].casefold())


def pull_words(answers: Sequence[LogAnswer]) -> tuple[str, str]:
    """(strong, rest) of the bar over the list: how many doors report, and which do not."""
    silent = [a for a in answers if a.verdict is not Verdict.PROVED]
    strong = translate("{0} of {1} doors report").format(len(answers) - len(silent), len(answers))
    if not silent:
        return strong, ""
    names = ", ".join(a.device.name for a in silent[:3])
    more = translate(" and {0} more").format(len(silent) - 3) if len(silent) > 3 else ""
    return strong, translate("Not connected: {0}{1}. Their events come when they answer.").format(names, more)
