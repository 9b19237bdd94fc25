"""The page Moves: the receipt of each move with every door's proof arriving; what is left is always named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from core.base.verdict import Verdict
from core.entities.device import DEVICE
from core.entities.turnover import TurnoverKind
from core.usecases.provision import submit
from core.usecases.standing import DoorProof
from desktop.models.desk import Desk
from desktop.models.receipts import (
    TOUCHES,
    ReceiptLine,
    ReceiptState,
    kind_words,
    load_receipts,
    receipt_columns,
    receipt_filters,
    receipt_row_look,
    state_words,
)
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.words import counted, number_word, time_word
from desktop.qt.run import run
from desktop.views.door_proofs import DoorProofs
from desktop.views.page import Hint, PageAct
from desktop.views.table_page import TablePage
from desktop.views.widgets.base import Rule
from desktop.views.widgets.boxes import Act, EdgeBox, Section
from desktop.views.widgets.brand import Avatar
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.figures import EmptyState, Figure, KeyValues, Pair, StackBar
from desktop.views.widgets.paragraph import Paragraph


class ReceiptsPage(TablePage):
    """The receipts of the site."""

    key: ClassVar[str] = "receipts"
    icon: ClassVar[str] = "receipt-text"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        plan = RowsPlan(
            load=lambda: load_receipts(desk.ctx, desk.sites.site_id),
            touches=TOUCHES,
            key=lambda x: x.receipt.id,
            row_look=receipt_row_look,
            words=lambda x: " ".join(f"{n.name} {n.device_name}" for n in x.lines),
        )
        columns = receipt_columns(desk.ctx.clock.now, lambda: desk.sites.zone)
        self.rows = RowsTable(columns, plan, desk.tasks, desk.feed, filters=receipt_filters(self._all))
        self.build(self.rows, self.title)
        self._target = ""
        self._add_acts()
        desk.sites.chosen.connect(self._site_changed)

    @property
    def title(self) -> str:
        return self.tr("Moves")

    def _all(self) -> Sequence[ReceiptLine]:
        return self.rows.all_rows()

    def _add_acts(self) -> None:
        push = PageAct(
            "push", self.tr("Push to the doors left"), self._push, "arrow-up", "P", "primary", self._none_left
        )
        self.add_act(push)
        self.head.add_act(self.act_button(push))
        empty = EmptyState(
            self.tr("Nobody moved yet"),
            self.tr(
                "A move in or out leaves a receipt here, open until every door was read to have followed."
            ),
            [Act("go", self.tr("Open residents"), "primary", "users")],
            icon="receipt-text",
        )
        empty.act.connect(lambda _key: self.desk.go("residents"))
        self.pane.set_empty(empty)

    def _left(self) -> set[str]:
        rows = self.pane.chosen() or [x for x in self._all() if x.state is ReceiptState.OPEN]
        return {n.device_id for x in rows for n in x.lines if n.verdict is not Verdict.PROVED}

    def _none_left(self) -> str:
        return "" if self._left() else self.tr("Every door has followed.")

    def _push(self) -> None:
        ids = self._left()

        async def work() -> int:
            devices = await self.desk.ctx.mirror.read(lambda r: r.find_in(DEVICE, "id", sorted(ids)))
            await submit(self.desk.ctx, devices)
            return len(devices)

        run(
            self,
            work(),
            trigger=self.button("push"),
            done=self._pushed,
            failed=self.fail(self.tr("Not pushed")),
        )

    def _pushed(self, count: int) -> None:
        words = self.tr("Ticks arrive here as each door is read without them.")
        self.desk.notice("waiting", counted(count, "{0} device queued", "{0} devices queued"), words)

    def batch_acts(self, rows: list[Any]) -> tuple[list[Act], str]:
        left = sum(len(x.lines) - x.proved for x in rows)
        return [Act("push", self.tr("Push"), icon="arrow-up", reason=self._none_left())], self.tr(
            "{0} doors left"
        ).format(number_word(left))

    def do_batch(self, key: str, rows: list[Any]) -> None:
        self.do(key)

    # -- one receipt

    def fill_panel(self, row: ReceiptLine) -> None:
        panel, receipt = self.panel, row.receipt
        now, zone = self.desk.ctx.clock.now(), self.desk.sites.zone
        panel.clear_body()
        panel.set_title(receipt.title)
        panel.set_picture(Avatar(receipt.title, size=40, square=True))
        at = time_word(receipt.due_at, now, zone)
        words = f"{kind_words(receipt.kind)} · {at} · {state_words(row.state)}"
        panel.set_lines((words, "help", "proved" if row.state is ReceiptState.CLOSED else "t2"))
        total = len(row.lines)
        panel.body.addWidget(Figure(f"{row.proved}/{total}", self._figure_words(row)))
        counts: dict[str, float] = {}
        for line in row.lines:
            counts[line.verdict.value] = counts.get(line.verdict.value, 0) + 1
        panel.body.addWidget(StackBar(counts, total=total, height=8))
        if words := self._remainder(row):
            box = EdgeBox("ambiguous" if row.state is ReceiptState.OPEN else "waiting")
            box.body.addWidget(Paragraph(words, "help", "t1"))
            panel.body.addWidget(box)
        panel.body.addWidget(Rule())
        self._add_people(row)
        panel.body.addWidget(Rule())
        pairs = [
            Pair(self.tr("Unit"), row.unit or "—"),
            Pair(self.tr("Made by"), receipt.made_by or "—"),
            Pair(self.tr("Made"), time_word(receipt.made_at, now, zone)),
            Pair(self.tr("Rows gone"), time_word(receipt.done_at, now, zone) or "—"),
            Pair(self.tr("Closed"), time_word(receipt.closed_at, now, zone) or "—"),
        ]
        panel.body.addWidget(KeyValues(pairs, label_width=72))
        self._add_foot(row)

    def _figure_words(self, row: ReceiptLine) -> str:
        if row.receipt.kind is TurnoverKind.MOVE_OUT:
            return self.tr("doors read without them")
        return self.tr("doors read with them")

    def _remainder(self, row: ReceiptLine) -> str:
        left = sorted({n.device_name for n in row.lines if n.verdict is not Verdict.PROVED})
        if not left:
            return ""
        if row.state is ReceiptState.DUE:
            return self.tr("Nothing is sent before its moment. Then: {0}.").format(", ".join(left))
        return self.tr("Left: {0}.").format(", ".join(left))

    def _add_people(self, row: ReceiptLine) -> None:
        people: dict[str, list[DoorProof]] = {}
        for n in row.lines:
            proof = DoorProof(n.device_id, n.device_name, n.verdict, n.said, n.at)
            people.setdefault(n.name, []).append(proof)
        for name, doors in people.items():
            done = sum(1 for d in doors if d.verdict is Verdict.PROVED)
            self.panel.body.addWidget(Section(name, end=f"{done}/{len(doors)}"))
            self.panel.body.addWidget(DoorProofs(self.desk, tuple(doors)))
        if not people:
            words = self.tr("No door held them.")
            self.panel.body.addWidget(Paragraph(words, "help", "t3"))

    def _add_foot(self, row: ReceiptLine) -> None:
        foot = self.panel.foot
        foot.clear_acts()
        push = Button(self.tr("Push to the doors left"), "primary", icon="arrow-up")
        push.set_reason("" if row.proved < len(row.lines) else self.tr("Every door has followed."))
        push.clicked.connect(lambda: self.do("push"))
        foot.add_act(push)
        self.panel.show_foot()

    def same_row(self, row: ReceiptLine) -> ReceiptLine | None:
        return next((x for x in self._all() if x.receipt.id == row.receipt.id), None)

    def enter(self, target: object = None) -> None:
        super().enter(target)
        self._target = target if isinstance(target, str) else ""
        self._show_target()

    def _show_target(self) -> None:
        if self._target and self.pane.show_key(self._target):
            self._target = ""
            self.open_panel(self.pane.current())

    def _settled(self) -> None:
        super()._settled()
        self._show_target()

    def _site_changed(self) -> None:
        self.close_panel()
        self.rows.reload()

    def _counted(self) -> None:
        still = sum(1 for x in self._all() if x.state is not ReceiptState.CLOSED)
        self.head.set_note(self.tr("{0} open").format(number_word(still)) if self._all() else "")
        self.desk.badges.tell(self.key, number_word(still) if still else "")
        super()._counted()

    def hints(self) -> list[Hint]:
        return [("P", self.tr("push")), ("Enter", self.tr("open")), ("F", self.tr("filter"))]
