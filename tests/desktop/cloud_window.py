"""What a cloud would have answered: edits confirmed, refused or at odds, filed as the sync engine files them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from core.base.clock import to_ms
from core.entities.device import DEVICE
from core.entities.person import RESIDENT
from core.store import outbox
from core.store.changes import Origin
from core.store.filing import file_answers
from core.store.syncmeta import note_ok
from core.store.tables import SYNC_SCOPE
from core.store.tx import Tx
from core.usecases.generic import put_row
from core.usecases.people import NewResident, add_resident
from core.wire.messages import Clash, Mutation, MutationAnswer
from tests.desktop.furnish_window import Furnished

Answer = Callable[[Mutation], MutationAnswer]


def confirmed(edit: Mutation) -> MutationAnswer:
    """Taken as it was."""
    return MutationAnswer(edit.n, edit.mut_id, "ok", edit.base_ver + 1)


def refused(code: str, message: str, field: str = "") -> Answer:
    """Refused with a code and a sentence."""
    return lambda edit: MutationAnswer(
        edit.n, edit.mut_id, "refused", edit.base_ver, None, code, message, field
    )


def at_odds(theirs: Mapping[str, Any], who: str, at: int) -> Answer:
    """Somebody else wrote these fields first."""

    def answer(edit: Mutation) -> MutationAnswer:
        clashes = [Clash(name, value, who, at) for name, value in theirs.items() if name in edit.fields]
        return MutationAnswer(
            edit.n, edit.mut_id, "conflict", edit.base_ver + 1, None, "conflict", "", "", clashes
        )

    return answer


async def answer_all(made: Furnished, answers: Mapping[str, Answer]) -> None:
    """Send all that waits and file answers: `answers` by row id for edits that are not just confirmed."""

    def work(tx: Tx) -> int:
        batch = outbox.next_batch(tx)
        file_answers(tx, [answers.get(edit.entity_id, confirmed)(edit) for edit in batch])
        note_ok(tx, tx.now)
        return len(batch)

    while await made.mirror.write(work, origin=Origin.PULL, act="Sync"):
        pass


async def begin_sync(made: Furnished) -> None:
    """The scopes that the workstation holds, and everything up to now confirmed."""

    def work(tx: Tx) -> None:
        actor = made.ctx.actor
        assert actor is not None
        scopes = [(actor.org_id, "org", "Ostby Doorworks"), (made.site.id, "site", made.site.name)]
        for scope, kind, label in scopes:
            tx.connection.execute(
                insert(SYNC_SCOPE).values(
                    scope=scope, tenant=actor.org_id, kind=kind, label=label, state="live", gen=1
                )
            )

    await made.mirror.write(work, origin=Origin.PULL, act="Sync")
    await answer_all(made, {})


@dataclass(frozen=True, slots=True)
class Trouble:
    """Ids of the rows whose edits wait for a person."""

    conflict: str
    refused: str
    gone: str


async def make_trouble(made: Furnished) -> Trouble:
    """One conflict over three fields, one refused resident, one edit of a row that was removed; and two that wait."""
    ctx = made.ctx
    await begin_sync(made)
    first, second = made.residents[0], made.residents[3]
    mine = {"first_name": "Mirella", "mobile": "+34600111222", "email": "m.castan@home.example"}
    await put_row(ctx, RESIDENT, mine, row_id=first.id)
    new = await add_resident(
        ctx, NewResident(made.apartments[4].id, "Ottavia", "Brandt", pins=("4711",), cards=("0A4F9911",))
    )
    await put_row(ctx, RESIDENT, {"mobile": "+34600999888"}, row_id=second.id)
    theirs = {"first_name": "Mirela M.", "mobile": "+34600333444", "email": "mirela@office.example"}
    hour_ago = to_ms(ctx.clock.now()) - 3_600_000
    await answer_all(
        made,
        {
            first.id: at_odds(theirs, "Anke Vogt", hour_ago),
            new.id: refused(
                "person.limit", "Apartment 0301 has 8 residents; its limit is 8.", "apartment_id"
            ),
            second.id: refused("row_gone", "Removed by Anke Vogt on the site's own page."),
        },
    )
    await put_row(ctx, DEVICE, {"name": "Courtyard gate 2"}, row_id=made.devices[1].id)
    await put_row(ctx, DEVICE, {"name": "Bicycle cellar"}, row_id=made.devices[2].id)
    return Trouble(first.id, new.id, second.id)
