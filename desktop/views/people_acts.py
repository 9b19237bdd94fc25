"""What is done with several people at once: into and out of groups, moved out, deleted; always a dry run first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from core.entities.person import AccountType
from core.usecases.bulk import BulkReport
from core.usecases.groups import add_members, remove_members
from core.usecases.leaving import delete_people
from core.usecases.turnover import Moved, move_out
from desktop.models.desk import Desk
from desktop.models.picked import Picked
from desktop.models.resident_form import public_groups
from desktop.models.words import counted, number_word
from desktop.qt.run import run
from desktop.views.bulk import BulkAct, do_bulk
from desktop.views.menus import Entry
from desktop.views.move_out import MoveOutSheet


def _tr(text: str) -> str:
    return QCoreApplication.translate("people_acts", text)


@dataclass(frozen=True, slots=True)
class PageWords:
    """What a page of people calls its act, and what it says while it is empty."""

    new: str
    empty: str
    hint: str


@dataclass(frozen=True, slots=True)
class MoveIn:
    """The target of the page Residents: somebody moves into this apartment."""

    apartment_id: str


async def who_words(picked: Picked) -> str:
    """One by name, several by number."""
    first = await picked.lines(1) if len(picked) == 1 else []
    return first[0].name if first else counted(len(picked), "{0} person", "{0} people")


async def group_entries(page: QWidget, desk: Desk, picked: Picked, *, inside: bool) -> list[Entry | None]:
    """The groups to choose from for some people of a `ResidentTable`, as entries of a menu."""
    site_id = desk.sites.site_id
    groups = await desk.ctx.mirror.read(lambda reader: public_groups(reader, site_id))
    entries: list[Entry | None] = [
        Entry(g.name, partial(_change_groups, page, desk, picked, (g.id, g.name), inside=inside))
        for g in groups
    ]
    return entries or [Entry(_tr("No access group yet"), reason=_tr("Make one on the page Access groups."))]


def _change_groups(
    page: QWidget, desk: Desk, picked: Picked, group: tuple[str, str], *, inside: bool
) -> None:
    run(page, _ask_groups(page, desk, picked, group, inside=inside))


async def _ask_groups(
    page: QWidget, desk: Desk, picked: Picked, group: tuple[str, str], *, inside: bool
) -> None:
    ids, who = await picked.ids(), await who_words(picked)
    verb_of = add_members if inside else remove_members

    async def verb(*, check: bool) -> BulkReport:
        return await verb_of(desk.ctx, group_id=group[0], person_ids=ids, check=check)

    title = _tr("Add {0} to {1}") if inside else _tr("Take {0} out of {1}")
    primary = _tr("Add {0}") if inside else _tr("Take out {0}")
    act = BulkAct(title.format(who, group[1]), primary, verb, _tr("Doors follow with the next push."))
    await do_bulk(page, desk, act)


async def remove_people_after_asking(
    page: QWidget, desk: Desk, picked: Picked, doors: int, *, done: Callable[[], object]
) -> None:
    """Delete people with everything that hangs on them; `doors` devices hold them until the next push."""
    ids, who = await picked.ids(), await who_words(picked)

    async def verb(*, check: bool) -> BulkReport:
        return await delete_people(desk.ctx, ids, check=check)

    note = _tr(
        "PIN, cards and groups go too. {0} devices still hold them until the next push; a move-out says when."
    )
    act = BulkAct(
        _tr("Delete {0}").format(who), _tr("Delete {0}"), verb, note.format(number_word(doors)), True
    )
    if await do_bulk(page, desk, act) is not None:
        done()


async def move_people_out(
    page: QWidget, desk: Desk, people: Sequence[str], *, apartment_id: str = ""
) -> list[Moved]:
    """Move people (or everybody of an apartment) out after a dry run; gives what was done, with the receipts."""
    asked = await _plan(desk, people, apartment_id)
    sheet = MoveOutSheet(desk, asked, parent=page.window())
    if not await sheet.ask():
        return []
    at = sheet.moment()
    if apartment_id:
        done = [await move_out(desk.ctx, apartment_id=apartment_id, at=at)]
    else:
        # Members first: the only master of members does not leave before them.
        ordered = sorted(asked, key=lambda m: m.people[0].account_type is AccountType.MASTER)
        done = [await move_out(desk.ctx, person=m.people[0].id, at=at) for m in ordered]
    doors = len({line.device_id for m in done for line in m.lines})
    words = _tr("{0} devices still hold them. The receipt closes when each was read without them.").format(
        doors
    )
    title = _tr("Moves out: {0}").format(done[0].receipt.title)
    desk.notice("waiting", title, words, page="receipts", target=done[0].receipt.id)
    return done


async def _plan(desk: Desk, people: Sequence[str], apartment_id: str) -> list[Moved]:
    if apartment_id:
        return [await move_out(desk.ctx, apartment_id=apartment_id, check=True)]
    return [await move_out(desk.ctx, person=person, check=True) for person in people]
