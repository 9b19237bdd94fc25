"""The page Residents: who lives where, with which keys, and where each stands on the doors (picture 06)."""

from __future__ import annotations

from typing import Any, ClassVar

from core.base.errors import GatewrightError
from core.entities.person import PersonKind
from core.usecases.provision import devices_of, submit
from desktop.models.desk import Desk
from desktop.models.picked import Picked
from desktop.models.resident_form import ResidentData, load_resident, resident_draft
from desktop.models.residents import ResidentLine, ResidentTable
from desktop.models.words import number_word
from desktop.qt.run import run
from desktop.views.menus import popup
from desktop.views.page import Hint, PageAct
from desktop.views.people_acts import (
    MoveIn,
    PageWords,
    group_entries,
    move_people_out,
    remove_people_after_asking,
)
from desktop.views.resident_panel import ResidentPanel
from desktop.views.table_page import TablePage
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.status_bar import StatusItem

_NOBODY = "-"
"""No form is shown; an empty id is somebody new."""


class ResidentsPage(TablePage):
    """The residents of the site, and the form of one of them beside the list."""

    key: ClassVar[str] = "residents"
    icon: ClassVar[str] = "users"
    kind: ClassVar[PersonKind] = PersonKind.RESIDENT

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.rows = ResidentTable(desk, self.kind)
        self.build(self.rows, self.title)
        self.person: ResidentPanel | None = None
        self._loading = self._draft_key = ""
        self._person_id = _NOBODY
        self._home = ""
        """Where somebody new moves in; empty for a form that says it itself."""
        self._add_acts()
        desk.sites.chosen.connect(self.close_panel)

    @property
    def title(self) -> str:
        return self.tr("Residents")

    def _add_acts(self) -> None:
        words = self.words()
        new = PageAct("new", words.new, self.new_resident, "plus", "N", "primary", self._no_home)
        gaps = PageAct(
            "gaps", self.tr("Push the gaps"), self._push_gaps, "arrow-up", "G", reason=self._no_gaps
        )
        none, no_form = self._none, self._no_form
        move = PageAct(
            "move_out", self.tr("Move out…"), self._move_out, "log-out", "M", reason=none, button=False
        )
        remove = PageAct(
            "remove", self.tr("Delete…"), self._remove, "trash-2", "Del", reason=none, button=False
        )
        into = PageAct("join", self.tr("Add to a group…"), self._join, "key-round", reason=none, button=False)
        out = PageAct("part", self.tr("Take out of a group…"), self._part, "minus", reason=none, button=False)
        save = PageAct("save", self.tr("Save"), self._save, "save", "Ctrl+S", reason=no_form, button=False)
        for act in (gaps, new, move, into, out, remove, save):
            if act is not move or self.kind is PersonKind.RESIDENT:
                self.add_act(act)
        for act in (gaps, new):
            self.head.add_act(self.act_button(act))
        empty = EmptyState(
            words.empty, words.hint, [Act("new", words.new, "primary", "plus")], icon=self.icon
        )
        empty.act.connect(self.do)
        self.pane.set_empty(empty)

    def words(self) -> PageWords:
        """What this page calls its people."""
        return PageWords(
            self.tr("New resident"),
            self.tr("Nobody lives here yet"),
            self.tr("A resident gets the default group of their building, and with it its doors."),
        )

    def _no_home(self) -> str:
        return "" if self.desk.sites.site_id else self.tr("Make a site with a building and apartments first.")

    def _none(self) -> str:
        return "" if self.pane.is_chosen() else self.tr("Tick residents first, or put the cursor on one.")

    def _no_form(self) -> str:
        return "" if self.person is not None else self.tr("Open a resident first.")

    def _no_gaps(self) -> str:
        """While that is being found out, the act itself finds out."""
        known = self.rows.is_settled and not self.rows.left
        return self.tr("Everybody is proved on every door.") if known else ""

    def _push_gaps(self) -> None:
        """Push to the devices that lack somebody; the others are left alone."""

        async def work() -> int:
            lacking = set(await self.rows.lacking())
            devices = [d for d in await devices_of(self.desk.ctx, self.desk.sites.site_id) if d.id in lacking]
            await submit(self.desk.ctx, devices)
            return len(devices)

        run(self, work(), done=self._pushed, trigger=self.button("gaps"))

    def _pushed(self, count: int) -> None:
        if not count:
            self.desk.notice("proved", self.tr("Everybody is proved on every door."))
            return
        words = self.tr("Only what differs is sent, then read back.")
        self.desk.notice("waiting", self.tr("{0} devices queued").format(count), words)

    # -- batch

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        homes = len({x.resident.apartment_id for x in rows})
        common = self.tr("{0} apartments").format(homes) if homes > 1 else rows[0].unit
        acts = [
            Act("join", self.tr("Add to a group…"), icon="key-round"),
            Act("part", self.tr("Take out of a group…")),
            Act("move_out", self.tr("Move out…"), icon="log-out"),
            Act("remove", self.tr("Delete…"), "danger", "trash-2"),
        ]
        return [a for a in acts if a.key != "move_out" or self.kind is PersonKind.RESIDENT], common

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    async def batch_common(self) -> str:
        homes = len(await self._picked().tally("residents.apartment_id"))
        return self.tr("{0} apartments").format(number_word(homes))

    def _picked(self) -> Picked:
        return self.rows.pick(self.pane.ranges())

    def _move_out(self) -> None:
        run(self, self._ask_move_out(self._picked()), failed=self.fail(self.tr("Not moved out")))

    async def _ask_move_out(self, picked: Picked) -> None:
        await move_people_out(self, self.desk, await picked.ids())

    def _join(self) -> None:
        self._offer_groups(inside=True)

    def _part(self) -> None:
        self._offer_groups(inside=False)

    def _offer_groups(self, *, inside: bool) -> None:
        work = group_entries(self, self.desk, self._picked(), inside=inside)
        beside = self.pane.batch_bar if self.pane.table.tick_count() else self.pane.bar
        run(self, work, done=lambda entries: popup(beside, entries))

    def _remove(self) -> None:
        picked = self._picked()
        doors = len(self.rows.standing.devices_of(picked.numbers))
        work = remove_people_after_asking(self, self.desk, picked, doors, done=self.close_panel)
        run(self, work, failed=self.fail(self.tr("Not deleted")))

    # -- the form

    def new_resident(self) -> None:
        """The form of somebody new."""
        self._home = ""
        self.pane.table.clear_ticks()
        self._shown = None
        self._load("")

    def move_in(self, apartment_id: str) -> None:
        """The form of somebody who moves into an apartment; saving it opens a receipt."""
        self.new_resident()
        self._home = apartment_id

    def fill_panel(self, row: ResidentLine) -> None:
        if self.person is not None and self._person_id == row.resident.id:
            self.person.follow(row)
        else:
            self._load(row.resident.id)

    def _load(self, person_id: str) -> None:
        self._loading = person_id
        work = load_resident(self.desk.ctx, self.desk.sites.site_id, person_id, self.kind)
        run(
            self,
            work,
            done=lambda data: self._show_form(person_id, data),
            failed=lambda fault: self._not_read(person_id, fault),
        )

    def _not_read(self, person_id: str, fault: GatewrightError) -> None:
        if person_id == self._loading:
            self.person, self._person_id = None, _NOBODY
            self.panel.show_fault(fault, lambda: self._load(person_id))
            self.panel.setVisible(True)
            self.refresh_acts()

    def _show_form(self, person_id: str, data: ResidentData) -> None:
        if person_id != self._loading:
            return  # the cursor moved on meanwhile
        self._person_id = person_id
        site_id = self.desk.sites.site_id
        self._draft_key = f"{self.kind.value}:{person_id or 'new:' + site_id}"
        draft = self.desk.draft(self._draft_key, resident_draft(data, site_id))
        self.panel.clear_body()
        self.person = person = ResidentPanel(self.panel, self.desk, draft, data)
        if data.resident is None and self._home:
            person.moves_in = True
            draft.set_text("apartment_id", self._home)
        person.add_bar(self._reverted)
        person.saved.connect(self._saved)
        person.follow(self.rows.line_of(person_id) if person_id else None)
        self._show_panel()
        if data.resident is None:
            person.form.focus_first()
        self.refresh_acts()
        self.settled.emit()

    def _save(self) -> None:
        if self.person is not None and self.person.bar is not None:
            self.person.bar.save_now()

    def _saved(self, person_id: str) -> None:
        self.desk.drafts.pop(self._draft_key, None)
        doors = self.tr("The doors get it with the next push.")
        self.desk.notice("waiting", self.tr("Saved on this laptop"), doors)
        self._person_id = _NOBODY
        self._load(person_id)

    def _reverted(self) -> None:
        self.desk.drafts.pop(self._draft_key, None)
        if self.person is not None and self.person.data.resident is None:
            self.close_panel()

    def close_panel(self) -> None:
        self.person = None
        self._person_id = _NOBODY
        super().close_panel()
        self.refresh_acts()

    def same_row(self, row: ResidentLine) -> ResidentLine | None:
        found: ResidentLine | None = self.rows.line_of(row.resident.id)
        return found

    def enter(self, target: object = None) -> None:
        super().enter(target)
        if isinstance(target, MoveIn):
            self.move_in(target.apartment_id)
        elif isinstance(target, str) and target:
            line = self.rows.line_of(target)
            if line is not None and self.pane.show_key(target):
                self.open_panel(line)
            else:
                self._load(target)

    @property
    def is_settled(self) -> bool:
        return super().is_settled and (
            self.shown_row is None or self.person is not None or self.panel.has_fault
        )

    # -- status

    def _counted(self) -> None:
        total = self.rows.total
        self.head.set_note(self.tr("{0} at this site").format(number_word(total)) if total else "")
        super()._counted()

    def status(self) -> list[StatusItem]:
        items = super().status()
        if left := self.rows.left:
            items.append(
                StatusItem(self.tr("people not yet on every door"), mark="waiting", strong=number_word(left))
            )
        return items

    def hints(self) -> list[Hint]:
        return [
            ("Space", self.tr("tick")),
            ("Enter", self.tr("edit")),
            ("N", self.tr("new")),
            ("Ctrl S", self.tr("save")),
        ]
