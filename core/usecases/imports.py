"""The import studio without a window: read a file, look at it, mend it, apply it, take it back (TPL-08).

A page or a script goes this way, all off the caller's thread, nothing written before `apply`, all of it offline:

    plan = await imports.plan(ctx, path=file, kind="residents", site_id=site.id)
    plan.columns, plan.extra          which column of the file is which; heads that nobody knows
    plan.rows, plan.window(0, 40)     rows with verdict, cells, faults by cell
    plan.faults                       every fault by row and column, in one pass
    plan = await imports.fix(ctx, plan, row=5, column="pin", text="3120")         checks the whole file again
    plan = await imports.fix_many(ctx, plan, [(5, "pin", "3120"), (7, "apartment", "0104")])
    plan = await imports.decide(ctx, plan, row=13, decision=Decision.ONE)         for `plan.doubles`, and to skip a row
    plan = await imports.choose(ctx, plan, cards=Notation.DECIMAL)                how the file is read
    plan = await imports.recheck(ctx, plan)                                       after an apartment was added elsewhere
    receipt = await imports.apply(ctx, plan, progress=...)                        writes the good rows
    await imports.rejects(ctx, plan, path, receipt)                                the others, with a reason column
    report = await undo.undo(ctx, receipt.undo_id)                                exactly as before, or why not

Plans are immutable: every call gives a new one, and an old one may be kept for going back (undo of a fix). `kind` is
one of `kinds()`. The columns' names in calls are `ColumnMatch.field`; labels are taken too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.base.errors import UserError
from core.base.garbage import held_back
from core.base.words import clean
from core.rules.cards import Notation
from core.sheets.apply import ImportResult, Late, apply_plan, write_rejects
from core.sheets.code_pages import NAMES
from core.sheets.faces import photo_of, read_faces, write_zip
from core.sheets.kinds import KINDS
from core.sheets.options import Decision, ImportOptions
from core.sheets.plan import Sheet, plan_sheet, sheet_of
from core.sheets.read import Table, read_table
from core.sheets.rows import Change, Lookalike, RowVerdict, SheetPlan
from core.store.blobs import BlobStore
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.files import READ_LIMIT_MS, RIGHTS, aside, said_by, scope_for
from core.usecases.import_makers import MAKERS
from core.usecases.import_model import CellFault, ColumnMatch, Fixed, ImportPlan, ImportReceipt, ImportRow
from core.usecases.undo_log import keep_part, last_number

__all__ = [
    "CODE_PAGES",
    "CellFault",
    "Change",
    "ColumnMatch",
    "Decision",
    "Fixed",
    "ImportOptions",
    "ImportPlan",
    "ImportReceipt",
    "ImportResult",
    "ImportRow",
    "KindChoice",
    "Lookalike",
    "Notation",
    "RowVerdict",
    "apply",
    "choose",
    "decide",
    "fix",
    "fix_many",
    "kinds",
    "plan",
    "recheck",
    "rejects",
]


CODE_PAGES = NAMES
"""By Python's name, what people call the code pages of old texts."""


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A kind of file that can be imported: its name in calls, its title, its columns, and the suffix of its files."""

    name: str
    title: str
    columns: tuple[str, ...]
    suffix: str
    needs_site: bool


def kinds() -> tuple[KindChoice, ...]:
    """Every kind of file, in the order in which they are offered."""
    return tuple(
        KindChoice(name, kind.layout.title, kind.layout.heads, kind.layout.suffix, name != "macs")
        for name, kind in KINDS.items()
    )


async def plan(
    ctx: Context, *, path: Path, kind: str, site_id: str = "", options: ImportOptions | None = None
) -> ImportPlan:
    """Read a file and check every row of it; nothing is written.

    UserError when it cannot be read, is not of this kind, or the person may not import it; DataError for a damaged one.
    """
    scope_for(ctx, kind, site_id)
    said = options or ImportOptions()

    def read() -> Table:
        with held_back():
            return read_faces(path) if kind == FACES else read_table(path, page=said.page)

    table = await aside(ctx, read)
    return await _planned(
        ctx, path=path, kind=kind, site_id=site_id, sheet=sheet_of(kind, table), options=said
    )


async def fix(ctx: Context, plan: ImportPlan, *, row: int, column: str, text: str) -> ImportPlan:
    """Put another text into one cell and check the file again, since other rows may hang on it.

    UserError for a row or column that the file does not have. The file itself is not touched.
    """
    return await fix_many(ctx, plan, [(row, column, text)])


async def fix_many(ctx: Context, plan: ImportPlan, fixes: Iterable[tuple[int, str, str]]) -> ImportPlan:
    """Several `(row, column, text)` at once, checked once: filling down, replacing, taking all suggestions."""
    rows = list(plan.table.rows)
    done = list(plan.fixes)
    for number, column, text in fixes:
        name, place = _place(plan, column)
        index = _index(plan, number)
        cells = list(rows[index])
        cells += [""] * (place + 1 - len(cells))
        was, now = str(cells[place]), text.strip()
        cells[place] = now
        rows[index] = cells
        done.append(Fixed(number, name, plan.layout.by_field[name].label, was, now))
    table = replace(plan.table, rows=rows)
    sheet = Sheet(table, plan.sheet.heads, plan.sheet.places, plan.first)
    return await _planned(
        ctx,
        path=plan.path,
        kind=plan.kind,
        site_id=plan.site_id,
        sheet=sheet,
        options=plan.options,
        fixes=tuple(done),
    )


async def decide(ctx: Context, plan: ImportPlan, *, row: int, decision: Decision | None) -> ImportPlan:
    """Say of a row whether it is about the person who looks like it, about somebody new, or not to be imported.

    None takes back what was said. UserError for a row that the file does not have.
    """
    _index(plan, row)
    decisions = {number: said for number, said in plan.options.decisions.items() if number != row}
    if decision is not None:
        decisions[row] = decision
    return await _again(ctx, plan, replace(plan.options, decisions=decisions))


async def choose(ctx: Context, plan: ImportPlan, **options: Any) -> ImportPlan:
    """Change how the file is read: `cards`, `staff_is`, `fee_accepted`, `page` of `ImportOptions`. With another code
    page the file is read anew and what was fixed is put into it again.
    """
    said = replace(plan.options, **options)
    if said.page == plan.options.page:
        return await _again(ctx, plan, said)
    read = await _read(ctx, path=plan.path, kind=plan.kind, site_id=plan.site_id, options=said)
    done = [(fix.row, fix.field, fix.now) for fix in plan.fixes]
    return await fix_many(ctx, read, done) if done else read


_read = plan
"""Under a name that no plan hides."""


async def recheck(ctx: Context, plan: ImportPlan) -> ImportPlan:
    """Check the same file, with its fixes, against the mirror as it is now."""
    return await _again(ctx, plan, plan.options)


async def apply(
    ctx: Context, plan: ImportPlan, *, progress: Callable[[int, int], None] | None = None
) -> ImportReceipt:
    """Write the good rows and keep an undo entry. Applying a plan twice writes nothing twice.

    `progress(done, total)` is called between transactions and may raise CancelledByPerson: what is written stays, and
    can be taken back by the entry.
    """
    ctx.require(RIGHTS.get(plan.kind, Permission.EDIT_PEOPLE))
    if plan.table.pages:
        names = " or ".join(NAMES[page] for page in plan.table.pages)
        words = f"'{plan.file}' may be written in {names}, and its bytes do not tell."
        raise UserError("sheet.code_page.unsure", words, remedy="Say which one, or save it as UTF-8.")
    act = f"Import {plan.file}"[:120]
    if plan.kind == FACES:
        await aside(ctx, lambda: _keep_photos(ctx.blobs, plan))
    kept = _Keeper(act, plan.site_id)
    result = await apply_plan(ctx.mirror, plan.sheet, MAKERS, progress=progress, around=kept.around)
    return ImportReceipt(result, kept.head, act)


class _Keeper:
    """Keeps one undo entry over all transactions of an import."""

    def __init__(self, act: str, site_id: str) -> None:
        self._act = act
        self._site_id = site_id
        self.head = ""

    def around(self, tx: Tx, work: Callable[[], Late]) -> Late:
        """Run one transaction's work and keep what it wrote."""
        since = last_number(tx)
        with held_back():
            late = work()
            self.head = keep_part(tx, since, head=self.head, act=self._act, site_id=self._site_id)
            tx.flush()
        return late


async def rejects(ctx: Context, plan: ImportPlan, path: Path, receipt: ImportReceipt | None = None) -> int:
    """Write the rows that were left out, fixes included, with a reason column; returns how many.

    Mended, the file can be imported as it is. It holds the cells of the person's own file, PINs included.
    """
    late = receipt.result.late if receipt else None
    if plan.kind == FACES and path.suffix.lower() == ".zip":
        return await aside(ctx, lambda: _reject_photos(plan, path, late))
    return await aside(ctx, lambda: write_rejects(path, plan.sheet, late))


FACES = "faces"


def _keep_photos(blobs: BlobStore, plan: ImportPlan) -> None:
    """Photos go into the blob store before the rows that name them; what is there already is kept."""
    good = (r for r in plan.sheet.rows if r.verdict in {RowVerdict.NEW, RowVerdict.CHANGED})
    for row in good:
        digest = row.work.sha256
        if not blobs.has(digest):
            data = photo_of(plan.path, row.work.photo, digest)
            part = blobs.part(digest)
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(data)
            blobs.finish(digest)


def _reject_photos(plan: ImportPlan, path: Path, late: Late | None) -> int:
    """The refused photos under their mended names, and a sheet of reasons."""
    left = [r for r in plan.sheet.rows if r.faults or r.number in (late or {})]
    names = {str(r.cells[3]): _photo_name(r.cells) for r in left}
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / "Reasons.xlsx"
        count = write_rejects(sheet, plan.sheet, late)
        write_zip(path, plan.path, names, {sheet.name: sheet.read_bytes()})
    return count


def _photo_name(cells: Sequence[str]) -> str:
    return "+".join(cells[:3]) + ".jpg" if all(cells[:3]) else str(cells[3])


async def _again(ctx: Context, plan: ImportPlan, options: ImportOptions) -> ImportPlan:
    sheet = Sheet(plan.table, plan.sheet.heads, plan.sheet.places, plan.first)
    return await _planned(
        ctx,
        path=plan.path,
        kind=plan.kind,
        site_id=plan.site_id,
        sheet=sheet,
        options=options,
        fixes=plan.fixes,
    )


async def _planned(
    ctx: Context,
    *,
    path: Path,
    kind: str,
    site_id: str,
    sheet: Sheet,
    options: ImportOptions,
    fixes: tuple[Fixed, ...] = (),
) -> ImportPlan:
    into = scope_for(ctx, kind, site_id)

    def work(reader: Reader) -> tuple[SheetPlan, ImportOptions]:
        said = said_by(ctx, reader, site_id, options)
        with held_back():
            return plan_sheet(reader, kind, sheet, into, said), said

    made, options = await ctx.mirror.read(work, limit_ms=READ_LIMIT_MS)
    return ImportPlan(made, path, sheet.table, sheet.first, options, fixes, site_id)


def _place(plan: ImportPlan, column: str) -> tuple[str, int]:
    name = next((c.field for c in plan.layout.columns if column in {c.field, c.label}), "")
    place = plan.sheet.places.get(name)
    if place is None:
        words = f"'{plan.file}' has no column '{clean(column, limit=40)}'."
        raise UserError("sheet.column", words, remedy="Add the column to the file.")
    return name, place


def _index(plan: ImportPlan, number: int) -> int:
    try:
        return plan.first + plan.index_of(number)
    except KeyError as fault:
        raise UserError("sheet.row", f"'{plan.file}' has no row {number}.") from fault
