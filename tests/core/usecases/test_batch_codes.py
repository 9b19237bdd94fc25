"""CRED-02 for many rows at once: the same as for one by one, whatever zeros stand in front of a card."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.ids import new_id
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.rules.cards import card_number
from core.schema.entity import Problem
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.tx import Tx
from tests.core.usecases.conftest import Desk


def card(desk: Desk, code: str, scope: str = "") -> Credential:
    kind = CredentialKind.CARD
    return Credential(
        id=new_id(), scope_id=scope or desk.site.id, person_id=desk.ada.id, kind=kind, code=code
    )


async def judged(mirror: Mirror, work: Callable[[Tx], dict[str, Problem]]) -> dict[str, Problem]:
    return await mirror.write(work, origin=Origin.USER)


async def test_cred_02_a_batch_knows_a_card_with_other_zeros_in_front(desk: Desk) -> None:
    rows = [card(desk, code) for code in ("A1B2C3D", "00FFFF", "FFFF", "EEEE")]
    faults = await judged(desk.ctx.mirror, lambda tx: tx.check_many(CREDENTIAL, rows))
    assert list(faults) == [rows[0].id, rows[2].id]
    assert all("card already opens" in fault.message for fault in faults.values())


codes = st.builds(lambda zeros, number: "0" * zeros + f"{number:X}", st.integers(0, 4), st.integers(1, 6))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(codes, min_size=1, max_size=8))
async def test_cred_02_of_a_batch_the_first_of_each_number_is_taken(desk: Desk, texts: list[str]) -> None:
    rows = [card(desk, text) for text in texts]
    faults = await judged(desk.ctx.mirror, lambda tx: tx.check_many(CREDENTIAL, rows))
    taken = [row for row in rows if row.id not in faults]
    numbers = [card_number(text) for text in texts]
    assert [card_number(row.code) for row in taken] == list(dict.fromkeys(numbers))
