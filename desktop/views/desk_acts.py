"""Acts of the front desk that need no page of their own: open a door from a menu, a note about a resident."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu, QWidget

from core.base.errors import GatewrightError
from core.entities.person import RESIDENT, Resident
from core.rules.door import Door
from core.usecases import generic
from core.usecases.actions import ActionResult, open_relay
from core.usecases.provision import verdict_of
from desktop.models.desk import Desk
from desktop.models.doors import doors_to_open
from desktop.qt import dialogs
from desktop.qt.language import spoken
from desktop.qt.run import run
from desktop.views.menus import Entry, popup

MOST = 12
"""Doors in the menu; the page Doors has them all."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("desk", text)


async def offer_doors(desk: Desk, beside: QWidget, first: Sequence[str] = ()) -> QMenu:
    """A menu of the site's doors under a widget, those of the devices in `first` on top; what is chosen opens."""
    return popup(beside, await door_entries(desk, beside, first))


async def door_entries(desk: Desk, widget: QWidget, first: Sequence[str] = ()) -> list[Entry | None]:
    """The entries of that menu; `widget` is where their work belongs."""
    doors = await doors_to_open(desk.ctx, desk.sites.site_id, first)
    entries: list[Entry | None] = [
        Entry(_words(door, doors), partial(_open, desk, widget, door), icon="door-open")
        for door in doors[:MOST]
    ]
    return [*entries, None, Entry(_tr("All doors…"), partial(desk.go, "doors"))]


def _words(door: Door, doors: Sequence[Door]) -> str:
    """The device alone where it has one door."""
    alone = sum(1 for one in doors if one.device.id == door.device.id) == 1
    return door.device.name if alone else door.name


def _open(desk: Desk, widget: QWidget, door: Door) -> None:
    def opened(result: ActionResult) -> None:
        desk.notice(result.verdict.value, door.name, spoken(result.said), page="doors", target=door.relay.id)

    def refused(fault: GatewrightError) -> None:
        desk.notice(verdict_of(fault).value, door.name, spoken(fault), page="doors", target=door.relay.id)

    run(widget, open_relay(desk.ctx, door.device, door.relay.number), done=opened, failed=refused)


async def note_about(desk: Desk, widget: QWidget, person: Resident) -> None:
    """Ask for the note about a resident and keep it; colleagues have it with the next sync."""
    name = RESIDENT.name_of(person)
    title = _tr("Note about {0}").format(name)
    text = _tr("Everybody at the desk reads it beside the name. Empty takes it away.")
    said = await dialogs.ask_text(widget.window(), title, text, value=person.remark)
    if said is not None and said.strip() != person.remark:
        await generic.put_row(desk.ctx, RESIDENT, {"remark": said.strip()}, row_id=person.id)
        desk.notice("accepted", name, _tr("The note is kept."))
