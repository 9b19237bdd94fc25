"""The page Audit: who did what, from what to what. The generic table page over an entity, with nothing of its own."""

from __future__ import annotations

from typing import ClassVar

from core.entities import ALL
from core.entities.record import AUDIT_ENTRY, AuditEntry
from core.schema.entity import Column
from core.schema.field import Ref
from desktop.models.columns import QUIET, QUIET_MONO, STRONG, ListColumn, columns_of, shown
from desktop.models.desk import Desk
from desktop.models.entity_table import EntityTable
from desktop.models.listing import FilterField
from desktop.models.words import counted, label_word, time_word
from desktop.qt.language import spoken
from desktop.qt.roles import HasGets
from desktop.views.table_page import TablePage
from desktop.views.widgets.figures import EmptyState, KeyValues, Pair


class AuditPage(TablePage):
    """Every written change on this laptop, the latest first."""

    key: ClassVar[str] = "audit"
    icon: ClassVar[str] = "history"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.entries = EntityTable(
            desk.ctx.mirror,
            AUDIT_ENTRY,
            self._columns(),
            desk.tasks,
            desk.feed,
            filters=[
                FilterField("entity", self.tr("About"), _kinds),
                FilterField("op", self.tr("Action"), self._ops),
            ],
        )
        self.build(self.entries, self.tr("Audit"), ticks=False)
        self.entries.sort_by("at", descending=True)
        self.pane.table.set_sort(0, descending=True)
        self.pane.set_empty(EmptyState(self.tr("Nothing was changed yet"), icon="history"))

    @property
    def title(self) -> str:
        return self.tr("Audit")

    def _columns(self) -> list[ListColumn]:
        def when(entry: AuditEntry) -> str:
            return time_word(entry.at, self.desk.ctx.clock.now(), self.desk.sites.zone)

        overrides = {
            "at": ListColumn(
                "at", self.tr("Time"), when, 112, look=QUIET_MONO, sort="at", value=lambda e: e.at
            ),
            "who": ListColumn("who", self.tr("Who"), lambda e: e.who, 130, look=QUIET, sort="who"),
            "act": ListColumn("act", self.tr("Act"), lambda e: spoken(e.act), 190, look=STRONG, sort="act"),
            "title": ListColumn(
                "title", self.tr("What"), lambda e: spoken(e.title), 240, stretch=True, sort="title"
            ),
            "changes": ListColumn("changes", self.tr("Fields"), _fields, 180, look=QUIET, drop=1),
        }
        return columns_of(AUDIT_ENTRY, ("at", "who", "act", "title", "changes"), overrides=overrides)

    def _ops(self) -> list[tuple[object, str]]:
        return [("add", self.tr("added")), ("change", self.tr("changed")), ("remove", self.tr("removed"))]

    def fill_panel(self, row: AuditEntry) -> None:
        panel = self.panel
        panel.clear_body()
        panel.set_title(spoken(row.act) or row.op)
        when = time_word(row.at, self.desk.ctx.clock.now(), self.desk.sites.zone)
        panel.set_lines((spoken(row.title), "help", "t2"), (f"{when} · {row.who}", "help", "t3"))
        pairs = [
            Pair(_label(row.entity, name), _change(row.entity, name, pair))
            for name, pair in row.changes.items()
            if not _is_link(row.entity, name)
        ]
        panel.body.addWidget(KeyValues(pairs or [Pair(self.tr("Action"), row.op)], label_width=110))
        panel.show_foot(shown=False)

    def _counted(self) -> None:
        self.head.set_note(counted(self.entries.total, "{0} entry", "{0} entries"))
        super()._counted()


def _kinds() -> list[tuple[object, str]]:
    return [(spec.name, label_word(spec.label)) for spec in ALL if spec.synced]


def _label(entity: str, name: str) -> str:
    column = _column(entity, name)
    return label_word(column.label) if column else name


def _fields(entry: AuditEntry) -> str:
    return ", ".join(_label(entry.entity, name) for name in list(entry.changes)[:5])


def _column(entity: str, name: str) -> Column | None:
    spec = next((s for s in ALL if s.name == entity), None)
    return spec.by_name.get(name) if spec else None


def _is_link(entity: str, name: str) -> bool:
    """Ids of other rows say nothing to a person; the title names what it is about."""
    column = _column(entity, name)
    return column is not None and isinstance(column.kind, Ref)


def _change(entity: str, name: str, pair: object) -> str | HasGets:
    if not (isinstance(pair, list) and len(pair) == 2):
        return str(pair)
    was, now = (_value(entity, name, v) for v in pair)
    return HasGets(was, now) if pair[0] is not None else now


def _value(entity: str, name: str, stored: object) -> str:
    column = _column(entity, name)
    if stored is None:
        return "—"
    if column is None or column.kind.secret:
        return str(stored)
    return shown(column, column.load(stored)) or "—"
