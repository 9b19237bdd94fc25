"""What a front desk has beside residents and devices: visitors, staff, events at doors; a manager."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.base.ids import new_id
from core.entities.access import Repeat
from core.entities.credential import CredentialKind
from core.entities.device import RELAY, Relay
from core.entities.event import DOOR_EVENT, DoorEvent, EventSource
from core.entities.organisation import Role
from core.entities.person import PersonKind
from core.store.changes import Origin
from core.store.tx import Author
from core.usecases.context import Actor
from core.usecases.groups import NewGroup, add_group
from core.usecases.people import add_credential
from core.usecases.staff import NewPerson, add_person
from core.usecases.visitors import NewKey, Times, add_key
from tests.desktop.furnish_window import Furnished

VISITORS = (
    ("Goran Milich", 0, 0, 2),
    ("Talia Roszak", 4, 0, None),
    ("Boiler service", 7, 0, 1),
    ("Freya Lunden", 9, 1, None),
    ("Piano tuner", 12, 3, 1),
)
"""Name, place in the list of apartments, first day from today, uses."""

EVENTS = (
    ("opened", "card", 0, True, ""),
    ("refused", "pin", None, False, ""),
    ("opened", "card", None, True, "4F11"),
    ("opened", "pin", 5, True, ""),
    ("refused", "card", 8, False, "2208"),
    ("opened", "face", 3, True, ""),
    ("opened", "pin", 11, True, ""),
    ("opened", "card", 14, True, ""),
    ("opened", "call", None, True, ""),
    ("opened", "card", 20, True, ""),
)
"""Event, method, place in the list of residents, whether it opened, the code's tail."""


def as_manager(made: Furnished, name: str = "Ilse Brandvik") -> None:
    """The same mirror as a property manager sees it."""
    before = made.ctx.actor
    assert before is not None
    made.ctx.actor = Actor(new_id(), before.org_id, Role.MANAGER, name)
    made.mirror.author = Author(name, made.ctx.actor.account_id)


async def relays_of(made: Furnished) -> list[Relay]:
    """Every relay of the site, in order of its device."""
    order = {d.id: n for n, d in enumerate(made.devices)}
    found = await made.mirror.read(lambda r: r.find(RELAY, scope_id=made.site.id))
    return sorted(found, key=lambda r: (order.get(r.device_id, 99), r.number))


async def furnish_desk(made: Furnished) -> list[Relay]:
    """Everything, by use cases; gives the relays."""
    ctx = made.ctx
    relays = await relays_of(made)
    await add_group(
        ctx,
        NewGroup(
            made.site.id,
            "Cleaners",
            [r.id for r in relays[:3]],
            (),
            {"repeat": Repeat.WEEKLY, "days": "12345", "from_time": time(6), "to_time": time(10)},
        ),
    )
    today = ctx.clock.now().astimezone(ZoneInfo(made.site.time_zone)).date()
    for name, home, ahead, uses in VISITORS:
        apartment = made.apartments[home]
        day = today + timedelta(days=ahead)
        times = Times(Repeat.NEVER, from_time=time(9, 30), to_time=time(23, 59), from_day=day, to_day=day)
        doors = [r.id for r in relays[:2]]
        await add_key(ctx, NewKey(apartment.building_id, name, doors, times, apartment.id, uses=uses))
    weekly = Times(Repeat.WEEKLY, days="0123456", from_time=time(10, 30), to_time=time(12))
    await add_key(ctx, NewKey(made.buildings[0].id, "Laundry service", [relays[0].id], weekly))
    await _team(made)
    await _events(made)
    return relays


async def _team(made: Furnished) -> None:
    staff = (("Aino", "Ketola"), ("Beatriz", "Llobet"), ("Maite", "Zubero"))
    pin, card = CredentialKind.PIN, CredentialKind.CARD
    for number, (first, last) in enumerate(staff):
        codes = ((pin, f"{81000 + number}"), (card, f"0B00{number:04X}"))
        await add_person(
            made.ctx,
            NewPerson(made.site.id, PersonKind.STAFF, first, last, codes, more={"remark": "Cleaning"}),
        )
    for number, (first, last) in enumerate((("Parcel", "crew"), ("Fresh", "van"))):
        await add_person(
            made.ctx, NewPerson(made.site.id, PersonKind.DELIVERY, first, last, ((pin, f"{82000 + number}"),))
        )
    await add_credential(made.ctx, person_id=made.residents[0].id, kind=CredentialKind.PLATE, code="4471 KLD")


async def _events(made: Furnished) -> None:
    now = made.ctx.clock.now()
    rows = [
        _event(made, now - timedelta(minutes=7 * number + 1), number, event)
        for number, event in enumerate(EVENTS)
    ]
    await made.mirror.write(lambda tx: tx.put_many(DOOR_EVENT, rows), origin=Origin.DEVICE, act="Door log")


def _event(
    made: Furnished, at: datetime, number: int, told: tuple[str, str, int | None, bool, str]
) -> DoorEvent:
    event, method, who, worked, tail = told
    person = made.residents[who] if who is not None else None
    return DoorEvent(
        id=new_id(),
        scope_id=made.site.id,
        device_id=made.devices[number % 5].id,
        at=at,
        source=EventSource.LOG,
        event=event,
        ref=str(100 - number),
        person_id=person.id if person else None,
        name=f"{person.first_name} {person.last_name}" if person else "",
        method=method,
        relay="A",
        worked=worked,
        code_tail=tail,
    )
