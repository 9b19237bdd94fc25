"""The page Cards and PINs: every code of the site, masked; whose a code is; shown only after the audit noted it."""

from __future__ import annotations

from typing import Any, ClassVar

from core.entities.credential import CredentialKind
from core.usecases.bulk import BulkReport
from core.usecases.keys import remove_codes
from core.usecases.library import reveal_codes
from desktop.models.codes import KINDS, CodeTable, LibraryLine, kind_word, whose_code
from desktop.models.desk import Desk
from desktop.models.door_proofs import doors_words
from desktop.models.picked import Picked
from desktop.models.words import counted, number_word, time_word
from desktop.qt import dialogs
from desktop.qt.run import run
from desktop.views.bulk import BulkAct, do_bulk
from desktop.views.door_proofs import DoorProofs
from desktop.views.page import Hint, PageAct
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import Rule
from desktop.views.widgets.boxes import Act, Section
from desktop.views.widgets.brand import Avatar
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import EmptyState, KeyValues, Pair
from desktop.views.widgets.toggles import Choice, Segmented


class CodesPage(TablePage):
    """The library of the site's codes, one kind at a time."""

    key: ClassVar[str] = "codes"
    icon: ClassVar[str] = "library"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.kind = CredentialKind.PIN
        self._target = ""
        self.rows = CodeTable(desk, self.kind)
        self.build(self.rows, self.title)
        self.kinds = Segmented([Choice(k.value, kind_word(k)) for k in KINDS], name=self.tr("Kind of code"))
        self.kinds.changed.connect(lambda key: self.show_kind(CredentialKind(key)))
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)

    @property
    def title(self) -> str:
        return self.tr("Cards and PINs")

    def _add_acts(self) -> None:
        whose = PageAct(
            "whose", self.tr("Whose code is it"), self._whose, "search", "W", "primary", self._no_site
        )
        show = PageAct("show", self.tr("Show codes"), self._show, "eye", "S", reason=self._no_site)
        remove = PageAct(
            "remove", self.tr("Take away…"), self._remove, "trash-2", "Del", reason=self._none, button=False
        )
        for act in (show, whose, remove):
            self.add_act(act)
        self.head.add_act(self.kinds)
        for act in (show, whose):
            self.head.add_act(self.act_button(act))
        empty = EmptyState(
            self.tr("No code of this kind"),
            self.tr(
                "PINs and cards are given to people: on the pages Residents, Staff and Deliveries, or by import."
            ),
            [Act("go", self.tr("Open residents"), "primary", "users")],
            icon="library",
        )
        empty.act.connect(lambda _key: self.desk.go("residents"))
        self.pane.set_empty(empty)

    def _no_site(self) -> str:
        return "" if self.desk.sites.site_id else self.tr("Choose a site first.")

    def _none(self) -> str:
        return "" if self.pane.is_chosen() else self.tr("Tick codes first, or put the cursor on one.")

    def show_kind(self, kind: CredentialKind) -> None:
        """Show the codes of another kind."""
        if kind is not self.kind:
            self.kind = kind
            self.kinds.set_current(kind.value)
            self.close_panel()
            self.rows.show_kind(kind)

    # -- acts

    def _show(self) -> None:
        work = reveal_codes(self.desk.ctx, self.desk.sites.site_id)
        run(self, work, done=lambda _none: self._shown_now(), failed=self.fail(self.tr("Not shown")))

    def _shown_now(self) -> None:
        self.rows.reveal(shown=True)
        words = self.tr(
            "The audit notes that you looked. They are masked again with the next change, or when you leave."
        )
        self.desk.notice("accepted", self.tr("Codes are shown"), words)

    def _whose(self) -> None:
        run(self, self._ask_whose(), failed=self.fail(self.tr("Not looked for")))

    async def _ask_whose(self) -> None:
        title = self.tr("Whose code is it")
        text = self.tr(
            "The whole PIN, card or plate, in any notation. A part of one finds nothing: it would tell codes."
        )
        code = await dialogs.ask_text(self.window(), title, text, secret=True)
        if not code:
            return
        found = await whose_code(self.desk.ctx, self.desk.sites.site_id, code)
        if found is None:
            self.desk.notice(
                "foreign", self.tr("Nobody here has this code"), self.tr("Looked in all kinds of codes.")
            )
            return
        self._target = found[1]
        if found[0] is self.kind:
            self._show_target()
        else:
            self.show_kind(found[0])

    def _show_target(self) -> None:
        if self._target and self.pane.show_key(self._target):
            self._target = ""
            self.open_panel(self.pane.current())

    def _settled(self) -> None:
        super()._settled()
        self._show_target()

    def _remove(self) -> None:
        picked = self.rows.pick(self.pane.ranges())
        run(self, self._ask_remove(picked), failed=self.fail(self.tr("Not taken away")))

    async def _ask_remove(self, picked: Picked) -> None:
        ids, first = await picked.ids(), await picked.lines(1)

        async def verb(*, check: bool) -> BulkReport:
            return await remove_codes(self.desk.ctx, ids, check=check)

        name = first[0].line.name if len(ids) == 1 else counted(len(ids), "{0} person", "{0} people")
        note = self.tr("The people stay. The doors hold the codes until the next push.")
        act = BulkAct(
            self.tr("Take codes from {0}").format(name), self.tr("Take away {0}"), verb, note, danger=True
        )
        await do_bulk(self, self.desk, act)

    async def batch_common(self) -> str:
        people = await self.rows.pick(self.pane.ranges()).tally("credentials.person_id")
        return counted(len(people), "{0} person", "{0} people")

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        people = len({x.person_id for x in rows})
        return [Act("remove", self.tr("Take away…"), "danger", "trash-2")], counted(
            people, "{0} person", "{0} people"
        )

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    # -- one code

    def fill_panel(self, row: LibraryLine) -> None:
        panel, line = self.panel, row.line
        panel.clear_body()
        panel.set_title(line.name.removesuffix(" ·"))
        panel.set_picture(Avatar(line.name, size=40, square=True))
        panel.set_lines((row.unit or line.identity, "help", "t2"))
        now, zone = self.desk.ctx.clock.now(), self.desk.sites.zone
        pairs = [
            Pair(self.tr("Code"), line.code or "••••", mono=True),
            Pair(self.tr("Made by"), line.made_by or "—"),
            Pair(self.tr("Made"), time_word(line.made_at, now, zone) or "—"),
        ]
        panel.body.addWidget(KeyValues(pairs, label_width=64))
        panel.body.addWidget(Rule())
        panel.body.addWidget(Section(self.tr("Doors"), end=doors_words(row.doors)))
        panel.body.addWidget(DoorProofs(self.desk, row.doors or (), empty=self.tr("It opens no door.")))
        panel.foot.clear_acts()
        remove = Button(self.tr("Take away…"), "danger")
        remove.clicked.connect(self._remove)
        opens = Button(self.tr("Open the person"), "primary")
        pages = {"staff": "staff", "delivery": "deliveries", "visitor": "visitors"}
        page = pages.get(line.identity, "residents")
        opens.clicked.connect(lambda: self.desk.go(page, row.person_id))
        panel.foot.add_act(remove)
        panel.foot.add_act(opens)
        panel.show_foot()

    def same_row(self, row: LibraryLine) -> LibraryLine | None:
        found: LibraryLine | None = self.rows.line_of(row.line.credential_id)
        return found

    def leave(self) -> None:
        super().leave()
        self.rows.reveal(shown=False)

    def _site_changed(self) -> None:
        self.rows.reveal(shown=False)
        self.close_panel()

    def _counted(self) -> None:
        total = self.rows.total
        self.head.set_note(number_word(total) if total else "")
        super()._counted()

    def hints(self) -> list[Hint]:
        return [
            ("W", self.tr("whose")),
            ("S", self.tr("show")),
            ("Enter", self.tr("open")),
            ("F", self.tr("filter")),
        ]
