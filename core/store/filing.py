"""Filing of the cloud's answers: a whole batch in one transaction, so that a crash repeats all of it or nothing
(sync.md 3.7). Accepted edits go to `outbox_done`, refused and conflicting ones to the tray, those that wait stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from core.base.clock import to_ms
from core.base.killpoints import passed
from core.base.words import listed
from core.entities import BY_NUMBER
from core.schema.entity import EntitySpec
from core.store import direct, traybook
from core.store.apply import start_of
from core.store.rebase import Image, rebase, shadow_of
from core.store.tables import OUTBOX, OUTBOX_DONE, SYNC_SCOPE
from core.store.tx import Tx
from core.wire.messages import MutationAnswer, PushAnswer

KEPT_MS = 30 * 86_400_000
"""How long accepted edits are kept, to be offered again should the cloud come back from a backup."""
PIECE = 500

_KEPT = ", ".join(c.name for c in OUTBOX_DONE.c if c.name != "done_at")
_KEEP = f"INSERT INTO outbox_done({_KEPT}, done_at) SELECT {_KEPT}, ? FROM outbox WHERE n {direct.AMONG}"  # noqa: S608

Edit = dict[str, Any]
RowKey = tuple[int, str]


@dataclass(slots=True)
class Filed:
    """What a batch came to."""

    accepted: int = 0
    refused: int = 0
    conflicts: int = 0
    blocked: int = 0


def file_push(tx: Tx, answer: PushAnswer) -> Filed:
    """File what the cloud answered to a batch. Where every edit was taken as it was, and nothing of others came in
    between, the cursor steps over the batch's own rows: they would be fetched only to be passed over by their version.
    """
    filed = file_answers(tx, answer.answers)
    if answer.head and all(a.status == "ok" for a in answer.answers):
        start = start_of(tx)
        if start.settled and (start.here.epoch, start.here.seq) == (answer.epoch, answer.before):
            direct.run(tx.connection, "UPDATE sync_cursor SET seq=?", answer.head)
    return filed


def file_answers(tx: Tx, answers: Sequence[MutationAnswer]) -> Filed:
    """File a batch's answers. Answers to edits that are not in the outbox are passed over (a repeated answer)."""
    edits = _edits(tx, [a.n for a in answers])
    pairs = [(edits[a.n], a) for a in answers if a.n in edits and edits[a.n]["mut_id"] == a.mut_id]
    filed = Filed()
    by_row: dict[RowKey, list[tuple[Edit, MutationAnswer]]] = defaultdict(list)
    for edit, answer in pairs:
        by_row[edit["entity"], edit["entity_id"]].append((edit, answer))
        _count(filed, answer)
    _keep_accepted(tx, [edit for edit, answer in pairs if answer.status in {"ok", "merged"}])
    images = {key: _image_after(tx, key, found) for key, found in by_row.items() if not _is_plain(found)}
    for edit, answer in pairs:
        if answer.status in {"refused", "conflict"}:
            _to_tray(tx, edit, answer)
    _leave_outbox(tx, pairs)
    passed("sync.halfway")
    _file_rows(tx, by_row, images)
    return filed


def _edits(tx: Tx, numbers: list[int]) -> dict[int, Edit]:
    query = f"SELECT * FROM outbox WHERE n {direct.AMONG}"  # noqa: S608  no value
    return {row["n"]: row for row in direct.ask_dicts(tx.connection, query, direct.listed(numbers))}


def _count(filed: Filed, answer: MutationAnswer) -> None:
    if answer.status in {"ok", "merged"}:
        filed.accepted += 1
    elif answer.status == "refused":
        filed.refused += 1
    elif answer.status == "conflict":
        filed.conflicts += 1
    else:
        filed.blocked += 1


def _is_plain(found: Sequence[tuple[Edit, MutationAnswer]]) -> bool:
    """Every edit of the row was taken as it was, so the row here is already what the cloud has."""
    return all(answer.status == "ok" for _, answer in found)


def _keep_accepted(tx: Tx, edits: Sequence[Edit]) -> None:
    now_ms = to_ms(tx.now)
    if edits:
        direct.run(tx.connection, _KEEP, now_ms, direct.listed(edit["n"] for edit in edits))
        tx.connection.execute(delete(OUTBOX_DONE).where(OUTBOX_DONE.c.done_at < now_ms - KEPT_MS))


def _image_after(tx: Tx, key: RowKey, found: Sequence[tuple[Edit, MutationAnswer]]) -> Image:
    """The cloud's image of a row after these answers. A shadow that is newer than an answer (which then was given
    before, and lost) holds that edit already.
    """
    spec, scope = BY_NUMBER[key[0]], _scope_of(tx, key, found[0][0]["scope"])
    image = shadow_of(tx.connection, spec, key[1], scope) or Image(0, scope, None)
    for edit, answer in found:
        if answer.code == "row_gone" and edit["op"] != "create" and not 0 < answer.ver < image.ver:
            image = Image(max(answer.ver, image.ver), scope, image.values, gone=True)
        elif answer.status == "blocked" or answer.ver < image.ver:
            continue
        elif answer.image is not None:
            # It names the scope where that is another than the edit's; the row here may have been elsewhere meanwhile.
            values = dict(answer.image)
            image = Image(answer.ver, str(values.pop("scope_id", edit["scope"])), values)
        elif answer.status == "ok":
            image = _with_edit(image, edit, answer.ver)
    return image


def _scope_of(tx: Tx, key: RowKey, asked: str) -> str:
    """Where the row is: an edit that was made before it moved to another site tells the old one."""
    query = f'SELECT scope_id FROM "{BY_NUMBER[key[0]].name}" WHERE id=?'  # noqa: S608  a declared name
    found = direct.ask(tx.connection, query, key[1])
    return str(found[0][0]) if found else asked


def _with_edit(image: Image, edit: Edit, ver: int) -> Image:
    if edit["op"] == "delete":
        return Image(ver, image.scope, None)
    values = {**(image.values or {}), **traybook.loads(edit["fields"])}
    return Image(ver, image.scope, values)


def _to_tray(tx: Tx, edit: Edit, answer: MutationAnswer) -> None:
    fields, old = traybook.loads(edit["fields"]), traybook.loads(edit["old"])
    if answer.status == "conflict":
        theirs = {c.field: c.theirs for c in answer.clashes}
        who = next((c.who for c in answer.clashes if c.who), "")
        traybook.add(
            tx,
            edit,
            kind="conflict",
            code="conflict",
            message=_conflict_words(BY_NUMBER[edit["entity"]], theirs, who),
            field=next(iter(theirs), ""),
            mine={name: fields[name] for name in theirs if name in fields},
            theirs=theirs,
            base={name: old[name] for name in theirs if name in old},
            their_name=who,
        )
        _lower_base(tx, edit, set(theirs))
        return
    gone = answer.code == "row_gone" and edit["op"] != "create"
    base = _last_known(tx, edit) if gone else old
    traybook.add(
        tx,
        edit,
        kind="gone" if gone else _kind_of(tx, edit, answer),
        code=answer.code,
        message=answer.message,
        field=answer.field,
        mine=fields,
        theirs=answer.image,
        base=base or old,
    )


def _conflict_words(spec: EntitySpec[Any], theirs: dict[str, Any], who: str) -> str:
    labels = listed([spec.by_name[name].label for name in theirs if name in spec.by_name])
    return f"{who or 'Somebody else'} changed {labels or 'this row'} first. Both values are kept: choose one."


def _kind_of(tx: Tx, edit: Edit, answer: MutationAnswer) -> str:
    if answer.code != "scope_denied":
        return "refused"
    held = select(SYNC_SCOPE.c.scope).where(SYNC_SCOPE.c.scope == edit["scope"], SYNC_SCOPE.c.state != "drop")
    return "refused" if tx.connection.execute(held).first() else "scope_lost"


def _last_known(tx: Tx, edit: Edit) -> dict[str, Any] | None:
    """The whole row before it was removed, so that a person can bring it back."""
    image = shadow_of(tx.connection, BY_NUMBER[edit["entity"]], edit["entity_id"], edit["scope"])
    return image.values if image else None


def _lower_base(tx: Tx, edit: Edit, names: set[str]) -> None:
    """Later edits of these fields, made before their author could see the other value, are based as far back."""
    query = select(OUTBOX.c.n, OUTBOX.c.fields, OUTBOX.c.base_ver).where(
        OUTBOX.c.entity_id == edit["entity_id"],
        OUTBOX.c.entity == edit["entity"],
        OUTBOX.c.state == "pending",
    )
    for row in tx.connection.execute(query).all():
        if row.base_ver > edit["base_ver"] and names & traybook.loads(row.fields).keys():
            lower = update(OUTBOX).where(OUTBOX.c.n == row.n).values(base_ver=edit["base_ver"])
            tx.connection.execute(lower)


def _leave_outbox(tx: Tx, pairs: Sequence[tuple[Edit, MutationAnswer]]) -> None:
    gone = [edit["n"] for edit, answer in pairs if answer.status != "blocked"]
    waiting = [edit["n"] for edit, answer in pairs if answer.status == "blocked"]
    if gone:
        direct.run(tx.connection, f"DELETE FROM outbox WHERE n {direct.AMONG}", direct.listed(gone))  # noqa: S608  no value
    if waiting:
        tx.connection.execute(update(OUTBOX).where(OUTBOX.c.n.in_(waiting)).values(state="blocked"))


def _file_rows(
    tx: Tx, by_row: dict[RowKey, list[tuple[Edit, MutationAnswer]]], images: dict[RowKey, Image]
) -> None:
    """Most rows were taken as they are and have no further edit: those get their version by few statements."""
    busy = _with_edits(tx, [row_id for _, row_id in by_row]) | traybook.open_rows(tx.connection)
    clean: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for key, found in by_row.items():
        number, row_id = key
        if key in images:
            rebase(tx, BY_NUMBER[number], row_id, images[key])
        elif row_id in busy:
            rebase(tx, BY_NUMBER[number], row_id, _image_after(tx, key, found))
        else:
            clean[number].append((found[-1][1].ver, row_id))
    for number, records in clean.items():
        name, ids = BY_NUMBER[number].name, [row_id for _, row_id in records]
        # The greater: an answer that was given before, and lost, may be older than what came since.
        settled = f'UPDATE "{name}" SET ver=max(ver, ?), flag=0 WHERE id=?'  # noqa: S608  a declared name
        direct.run_many(tx.connection, settled, records)
        below = f"DELETE FROM shadow WHERE entity=? AND entity_id {direct.AMONG}"  # noqa: S608  no value
        direct.run(tx.connection, below, number, direct.listed(ids))
        tx.touch(name, changed=ids)


def _with_edits(tx: Tx, ids: Sequence[str]) -> set[str]:
    query = f"SELECT entity_id FROM outbox WHERE entity_id {direct.AMONG}"  # noqa: S608  no value
    return {row[0] for row in direct.ask(tx.connection, query, direct.listed(ids))}
