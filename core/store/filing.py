"""Filing of the cloud's answers: a whole batch in one transaction, so that a crash repeats all of it or nothing
(sync.md 3.7). Accepted edits go to `outbox_done`, refused and conflicting ones to the tray, those that wait stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import delete, select, update

from core.base.clock import to_ms
from core.base.killpoints import passed
from core.base.words import listed
from core.entities import BY_NUMBER
from core.schema.entity import EntitySpec
from core.store import direct, syncmeta, traybook
from core.store.apply import CONFIRM, start_of
from core.store.rebase import Image, rebase, shadow_of
from core.store.tables import OUTBOX, OUTBOX_DONE, SYNC_SCOPE
from core.store.tx import Tx
from core.wire.messages import MutationAnswer, PushAnswer

KEPT_MS = 30 * 86_400_000
"""How long accepted edits are kept, to be offered again should the cloud come back from a backup."""

_KEPT = ", ".join(c.name for c in OUTBOX_DONE.c if c.name != "done_at")
_KEEP = f"INSERT INTO outbox_done({_KEPT}, done_at) SELECT {_KEPT}, ? FROM outbox WHERE n {direct.AMONG}"  # noqa: S608
_OLDEST_KEPT = "SELECT done_at FROM outbox_done ORDER BY n LIMIT 1"
_KNOWN = f"SELECT n, mut_id, entity, entity_id, scope FROM outbox WHERE n {direct.AMONG} ORDER BY n"  # noqa: S608
_EDITS = f"SELECT * FROM outbox WHERE n {direct.AMONG}"  # noqa: S608  no value
_MORE = f"SELECT entity_id FROM outbox WHERE entity_id {direct.AMONG} AND n NOT {direct.AMONG}"  # noqa: S608  no value
# The greater: an answer that was given before, and lost, may be older than what came since. Of a row that is elsewhere
# here than where the cloud took its edit, the version is not known: it was moved back meanwhile; the next pull tells.
_SETTLE = """UPDATE "{0}" SET flag=0, ver=CASE WHEN "{0}".scope_id=json_extract(now.value, '$[1]')
THEN max("{0}".ver, json_extract(now.value, '$[0]')) ELSE "{0}".ver END
FROM json_each(?) AS now WHERE "{0}".id=now.key"""

Edit = dict[str, Any]
RowKey = tuple[int, str]


@dataclass(slots=True)
class Filed:
    """What a batch came to."""

    accepted: int = 0
    refused: int = 0
    conflicts: int = 0
    blocked: int = 0
    at_head: bool = False
    """Everything that the cloud had when it judged the batch is here; known only of a batch taken as it was."""


def file_push(tx: Tx, answer: PushAnswer) -> Filed:
    """File what the cloud answered to a batch. Where every edit was taken as it was, and nothing of others came in
    between, the cursor steps over the batch's own rows: they would be fetched only to be passed over by their version.
    """
    filed = file_answers(tx, answer.answers)
    if answer.head and all(a.status == "ok" for a in answer.answers):
        start = start_of(tx)
        if start.settled and (start.here.epoch, start.here.seq) == (answer.epoch, answer.before):
            direct.run(tx.connection, "UPDATE sync_cursor SET seq=?", answer.head)
            # Unless the list of scopes is to be told again, a pull would have found nothing at that moment.
            filed.at_head = start.here.access_seq >= 0 and syncmeta.get(tx, CONFIRM) is None
    return filed


def file_answers(tx: Tx, answers: Sequence[MutationAnswer]) -> Filed:
    """File a batch's answers. Answers to edits that are not in the outbox are passed over (a repeated answer)."""
    found, scopes = _known(tx, answers)
    filed, slow = Filed(), _one_by_one(tx, found)
    edits = _edits(tx, [a.n for key, a in found if key in slow])
    judged = [(edits[a.n], a) for key, a in found if key in slow]
    images = _images(tx, judged)
    for _, answer in found:
        _count(filed, answer)
    _keep_accepted(tx, [a.n for _, a in found if a.status in {"ok", "merged"}])
    for edit, answer in judged:
        if answer.status in {"refused", "conflict"}:
            _to_tray(tx, edit, answer)
    _leave_outbox(tx, [a for _, a in found])
    passed("sync.halfway")
    for (number, row_id), image in images.items():
        rebase(tx, BY_NUMBER[number], row_id, image)
    _settle(tx, {key: (a.ver, scopes[key]) for key, a in found if key not in slow})
    return filed


def _known(
    tx: Tx, answers: Sequence[MutationAnswer]
) -> tuple[list[tuple[RowKey, MutationAnswer]], dict[RowKey, str]]:
    """The answers to edits that are here, each with the row it is about; and of each row the scope of its last edit."""
    edits, scopes = {}, {}
    for n, mark, number, row_id, scope in direct.ask(
        tx.connection, _KNOWN, direct.listed(a.n for a in answers)
    ):
        edits[n] = mark, (number, row_id)
        scopes[number, row_id] = scope
    return [(edits[a.n][1], a) for a in answers if a.n in edits and edits[a.n][0] == a.mut_id], scopes


def _one_by_one(tx: Tx, found: Sequence[tuple[RowKey, MutationAnswer]]) -> set[RowKey]:
    """Rows that are not as the cloud has them once these edits are gone: one was not taken as it was, there are others
    behind it, or in the tray.
    """
    ids = direct.listed({row_id for (_, row_id), _ in found})
    more = direct.ask(tx.connection, _MORE, ids, direct.listed(a.n for _, a in found))
    busy = {row[0] for row in more} | traybook.open_rows(tx.connection)
    return {key for key, a in found if a.status != "ok" or key[1] in busy}


def _edits(tx: Tx, numbers: Sequence[int]) -> dict[int, Edit]:
    if not numbers:
        return {}
    return {row["n"]: row for row in direct.ask_dicts(tx.connection, _EDITS, direct.listed(numbers))}


def _count(filed: Filed, answer: MutationAnswer) -> None:
    if answer.status in {"ok", "merged"}:
        filed.accepted += 1
    elif answer.status == "refused":
        filed.refused += 1
    elif answer.status == "conflict":
        filed.conflicts += 1
    else:
        filed.blocked += 1


def _keep_accepted(tx: Tx, numbers: Sequence[int]) -> None:
    now_ms = to_ms(tx.now)
    if numbers:
        direct.run(tx.connection, _KEEP, now_ms, direct.listed(numbers))
        # Numbers grow with time, near enough: the rest need not be read each time to find that nothing is old.
        [(oldest,)] = direct.ask(tx.connection, _OLDEST_KEPT)
        if oldest < now_ms - KEPT_MS:
            tx.connection.execute(delete(OUTBOX_DONE).where(OUTBOX_DONE.c.done_at < now_ms - KEPT_MS))


def _images(tx: Tx, judged: Sequence[tuple[Edit, MutationAnswer]]) -> dict[RowKey, Image]:
    """The cloud's image of each row after its answers."""
    by_row: dict[RowKey, list[tuple[Edit, MutationAnswer]]] = defaultdict(list)
    for edit, answer in judged:
        by_row[edit["entity"], edit["entity_id"]].append((edit, answer))
    return {key: _image_after(tx, key, found) for key, found in by_row.items()}


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
    # Elsewhere here than where the cloud took it: as with `_SETTLE`, its version is left to the pull.
    return Image(ver if image.scope == edit["scope"] else image.ver, image.scope, values)


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


def _leave_outbox(tx: Tx, answers: Sequence[MutationAnswer]) -> None:
    gone = [a.n for a in answers if a.status != "blocked"]
    waiting = [a.n for a in answers if a.status == "blocked"]
    if gone:
        direct.run(tx.connection, f"DELETE FROM outbox WHERE n {direct.AMONG}", direct.listed(gone))  # noqa: S608  no value
    if waiting:
        tx.connection.execute(update(OUTBOX).where(OUTBOX.c.n.in_(waiting)).values(state="blocked"))


def _settle(tx: Tx, versions: Mapping[RowKey, tuple[int, str]]) -> None:
    """Rows that were taken as they are and have no further edit get their version, by few statements."""
    by_kind: dict[int, dict[str, tuple[int, str]]] = defaultdict(dict)
    for (number, row_id), ver in versions.items():
        by_kind[number][row_id] = ver
    for number, rows in by_kind.items():
        name = BY_NUMBER[number].name
        direct.run(tx.connection, _SETTLE.format(name), msgspec.json.encode(rows).decode())
        below = f"DELETE FROM shadow WHERE entity=? AND entity_id {direct.AMONG}"  # noqa: S608  no value
        direct.run(tx.connection, below, number, direct.listed(rows))
        tx.touch(name, changed=rows)
