"""The distributor's MAC library: intake by burst scan, paste or file, handing to installers, labels (picture 09)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from core.base.errors import DataError
from core.entities.device import MacEntry
from core.rules.compile import shown_mac
from core.usecases.bulk import BulkReport
from core.usecases.supply import hand_over, take_back
from desktop.models.burst import Burst, MacSet, known_macs
from desktop.models.desk import Desk
from desktop.models.mac_library import Intake, MacTable, take_in
from desktop.models.picked import Picked
from desktop.models.words import counted, number_word
from desktop.qt import dialogs
from desktop.qt.labels_pdf import LabelText, pages_of, write_labels
from desktop.qt.run import run
from desktop.views.bulk import BulkAct, do_bulk
from desktop.views.burst_bar import BurstBar
from desktop.views.mac_library import MacLibraryPage
from desktop.views.menus import Entry, popup
from desktop.views.page import Hint, PageAct
from desktop.views.widgets.base import row
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.figures import Stat

NEXT = 200
"""How many free addresses 'hand over' takes when nothing is ticked: a usual box of goods."""


class SupplyPage(MacLibraryPage):
    """As the installer's library, over all firms."""

    key: ClassVar[str] = "macs"

    def make_table(self, desk: Desk) -> MacTable:
        return MacTable(desk.ctx, desk.tasks, desk.feed, supply=True)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.burst = BurstBar()
        self.burst.hide()
        holder = row(gap=0, margins=(16, 0, 16, 10))
        holder.addWidget(self.burst)
        self.notice_place.insertLayout(0, holder)
        self.burst.finished.connect(self._finish_burst)
        self.burst.left.connect(self._leave_burst)
        self._add_supply_acts()

    def _add_supply_acts(self) -> None:
        hand = PageAct(
            "hand",
            self.tr("Hand out…"),
            self._open_hand,
            "arrow-up-right",
            "H",
            reason=self._no_firm,
        )
        back = PageAct(
            "back", self.tr("Take back…"), self._take_back, "undo-2", reason=self._none, button=False
        )
        scan = PageAct("scan", self.tr("Burst scan"), self.begin_burst, "scan-barcode", "S")
        done = PageAct(
            "finish",
            self.tr("Finish the scan"),
            self._finish_burst,
            "check",
            "F4",
            reason=self._not_scanning,
            button=False,
        )
        labels = PageAct("labels", self.tr("Print labels…"), self._labels, "printer", "L", reason=self._none)
        for act in (scan, labels, hand, back, done):
            self.add_act(act)
        for act in (scan, labels, hand):
            self.head.add_act(self.act_button(act))
        add = self.button("add")
        if add is not None:
            add.set_kind("plain")

    # -- figures

    def _stat_values(self) -> list[Stat]:
        total, bound, handed = self.macs.total, self.macs.bound_here, self.macs.handed
        out = max(0, handed - bound)
        free = max(0, total - handed)

        def part(count: int) -> tuple[str, float]:
            share = count / total if total else 0.0
            return (f"{share:.1%}" if total else ""), share

        return [
            Stat(self.tr("Free"), number_word(free), end=part(free)[0], bar=("t3", part(free)[1])),
            Stat(self.tr("Handed out"), number_word(out), end=part(out)[0], bar=("acc", part(out)[1])),
            Stat(
                self.tr("Bound to a place"),
                number_word(bound),
                end=part(bound)[0],
                bar=("proved", part(bound)[1]),
            ),
        ]

    # -- burst scan

    def begin_burst(self) -> None:
        """Listen for labels."""
        run(self, known_macs(self.desk.ctx), done=self._listen)

    def _listen(self, known: MacSet) -> None:
        self.burst.show()
        self.burst.begin(Burst(known))
        self.refresh_acts()

    def _not_scanning(self) -> str:
        if not self.burst.isVisibleTo(self):
            return self.tr("Begin a burst scan first.")
        return "" if self.burst.burst.good() else self.tr("No good reading yet.")

    def _finish_burst(self) -> None:
        macs = self.burst.burst.good()
        if not macs:
            return
        work = take_in(self.desk.ctx, macs, model=self.burst.model.text().strip(), told=self.work.tell)
        self.work.work(
            self.tr("Adding addresses"), work, done=self._burst_taken, failed=self.fail(self.tr("Not added"))
        )

    def _burst_taken(self, intake: Intake) -> None:
        self._leave_burst()
        self._taken(intake)

    def _leave_burst(self) -> None:
        self.burst.hide()
        self.refresh_acts()
        self.pane.table.setFocus()

    # -- handing over

    def _no_firm(self) -> str:
        return "" if self.macs.firms else self.tr("Make an installer first, on the page Installers.")

    def _open_hand(self) -> None:
        beside = self.button("hand") or self.pane.bar
        popup(beside, self.hand_entries())

    def hand_entries(self) -> list[Entry]:
        """The installers to choose from."""
        firms = sorted(self.macs.firms.items(), key=lambda pair: pair[1].casefold())
        return [Entry(name, partial(self.hand_to, firm), icon="square-user") for firm, name in firms]

    def hand_to(self, org_id: str, entry_ids: Sequence[str] = ()) -> None:
        """Hand the ticked addresses to an installer, after a dry run."""
        run(self, self._hand(org_id, entry_ids), failed=self.fail(self.tr("Not handed over")))

    async def _hand(self, org_id: str, entry_ids: Sequence[str]) -> None:
        ticked = self.macs.pick(self.pane.table.ticked_ranges())
        ids = list(entry_ids) or await ticked.ids() or await self._next_free()

        async def verb(*, check: bool) -> BulkReport:
            return await hand_over(self.desk.ctx, ids, org_id=org_id, check=check)

        name = self.macs.firms.get(org_id, "")
        title = self.tr("Hand {0} to {1}").format(counted(len(ids), "{0} address", "{0} addresses"), name)
        note = self.tr("They leave your warehouse and lie in the installer's library, free to be adopted.")
        done = await do_bulk(self, self.desk, BulkAct(title, self.tr("Hand over {0}"), verb, note))
        if done is not None:
            self.pane.table.clear_ticks()

    async def _next_free(self) -> list[str]:
        """Nothing is ticked: the next free ones of what the list shows."""
        free: list[str] = []
        async with aclosing(self.macs.pages()) as pages:
            async for page in pages:
                free += [
                    x.id for x in page if x.scope_id == self.macs.org_id and x.mac not in self.macs.bound
                ]
                if len(free) >= NEXT:
                    break
        return free[:NEXT]

    def _take_back(self) -> None:
        run(self, self._ask_back(self._picked()), failed=self.fail(self.tr("Not taken back")))

    async def _ask_back(self, picked: Picked) -> None:
        ids = await picked.ids()

        async def verb(*, check: bool) -> BulkReport:
            return await take_back(self.desk.ctx, ids, check=check)

        title = self.tr("Take {0} back").format(counted(len(ids), "{0} address", "{0} addresses"))
        note = self.tr("They come back to your warehouse. Bound ones stay where they are.")
        await do_bulk(self, self.desk, BulkAct(title, self.tr("Take back {0}"), verb, note))

    # -- labels

    def _labels(self) -> None:
        run(self, self._ask_labels(self._picked()), failed=self.fail(self.tr("No labels were written")))

    async def _ask_labels(self, picked: Picked) -> None:
        entries: list[MacEntry] = await picked.lines(len(picked))
        kinds = [self.tr("PDF files (*.pdf)")]
        path = await dialogs.choose_new_file(self.window(), self.tr("Save labels"), "labels.pdf", kinds)
        if path is not None:
            count = await self.write_labels(path.with_suffix(".pdf"), entries)
            words = self.tr("{0} on {1}").format(
                counted(len(entries), "{0} label", "{0} labels"), counted(count, "{0} sheet", "{0} sheets")
            )
            self.desk.notice("accepted", self.tr("Labels saved"), f"{words}: {path.name}")

    async def write_labels(self, path: Path, entries: Sequence[MacEntry]) -> int:
        """Write labels of addresses as a PDF; gives the number of sheets. DataError when it cannot be written."""
        labels = [self._label(entry) for entry in entries]
        try:
            for done in write_labels(path, labels, title=self.tr("Labels of devices")):
                self.work.tell(done, len(pages_of(labels)))
                await asyncio.sleep(0)
        except OSError as fault:
            raise DataError("labels.not_written", str(fault)) from fault
        return len(pages_of(labels))

    def _label(self, entry: MacEntry) -> LabelText:
        owner = self.macs.firms.get(entry.scope_id, "")
        return LabelText(
            entry.mac, shown_mac(entry.mac), tuple(p for p in (entry.model, owner, entry.note[:32]) if p)
        )

    # -- list

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        acts, common = super().batch_acts(rows)
        first = [
            Act("hand", self.tr("Hand out…"), icon="arrow-up-right", reason=self._no_firm()),
            Act("back", self.tr("Take back…"), icon="undo-2"),
            Act("labels", self.tr("Labels…"), icon="printer"),
        ]
        return [*first, *acts], common

    def enter(self, target: object = None) -> None:
        super().enter(target)
        if isinstance(target, str) and target in self.macs.firms:
            self.macs.set_filter("scope_id", target)

    def hints(self) -> list[Hint]:
        return [
            ("S", self.tr("scan")),
            ("H", self.tr("hand out")),
            ("L", self.tr("labels")),
            ("F", self.tr("filter")),
        ]
