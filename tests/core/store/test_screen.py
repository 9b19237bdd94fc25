"""Rows that are screened together get the faults that the rules give them one by one: CRED-01, RES-01, GRP-01."""

from __future__ import annotations

import random
from typing import Any

import pytest

from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP, GROUP_MEMBER, AccessGroup, GroupMember
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.person import RESIDENT, AccountType, Resident
from core.entities.site import APARTMENT, BUILDING, SITE, Apartment, PinMode, Site
from core.rules import invariants
from core.schema.entity import EntitySpec
from core.store import screen
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.tx import Tx
from tests.fixtures_core import Planter


def told(tx: Tx, spec: EntitySpec[Any], rows: list[Any], arriving: set[str]) -> dict[str, str]:
    return {i: fault.code for i, fault in tx.check_many(spec, rows, arriving=arriving).items()}


class Drawn:
    """People, codes and memberships, some of them at odds with each other or with who is there already."""

    def __init__(
        self, seed: int, site: Site, homes: list[Apartment], group: AccessGroup, old: Resident
    ) -> None:
        self._rng = random.Random(seed)
        self._noise = self._rng.choice((0.02, 0.3))
        own: dict[str, Any] = {"scope_id": site.id}
        self.people = [self._person(n, homes[n % 6], {**own, "site_id": site.id}) for n in range(60)]
        self.codes = [self._code(n, p, own) for n, p in enumerate(self.people)]
        self.members = [
            GroupMember(
                id=new_id(), **own, group_id=group.id, person_id=self._odd(p.id, old.id, self.people[0].id)
            )
            for p in self.people
        ]

    def _odd(self, usual: Any, *others: Any) -> Any:
        return self._rng.choice(others) if self._rng.random() < self._noise else usual

    def _person(self, n: int, home: Apartment, own: dict[str, Any]) -> Resident:
        usual = AccountType.MASTER if n < 6 else AccountType.MEMBER
        return Resident(
            id=new_id(),
            **own,
            apartment_id=self._odd(home.id, None),
            first_name=f"F{n}",
            last_name=self._odd("L", "L" * 65),
            uid=self._odd(f"{1000 + n}", "111", "1001", ""),
            account_type=self._odd(usual, AccountType.MEMBER),
        )

    def _code(self, n: int, person: Resident, own: dict[str, Any]) -> Credential:
        kind = self._odd(CredentialKind.PIN, CredentialKind.CARD, CredentialKind.PLATE)
        code = self._odd(f"{3000 + n}", "5555", "AB1", "000AB1", "3001", "03001", "9111", "X", "1" * 18)
        return Credential(id=new_id(), **own, person_id=person.id, kind=kind, code=code)


@pytest.mark.parametrize("seed", range(8))
async def test_screened_rows_have_the_faults_of_rows_alone(
    mirror: Mirror, planted: Planter, site: Site, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    building = await planted(BUILDING, site_id=site.id, name="A")
    homes = [
        await planted(APARTMENT, site_id=site.id, building_id=building.id, number=str(n)) for n in range(6)
    ]
    group = await planted(ACCESS_GROUP, site_id=site.id, name="G", code=77)
    old = await planted(RESIDENT, site_id=site.id, apartment_id=homes[0].id, uid="111")
    await planted(CREDENTIAL, scope_id=site.id, person_id=old.id, kind=CredentialKind.PIN, code="5555")
    await planted(CREDENTIAL, scope_id=site.id, person_id=old.id, kind=CredentialKind.CARD, code="0AB1")
    await planted(GROUP_MEMBER, scope_id=site.id, person_id=old.id, group_id=group.id)
    if seed == 7:
        await mirror.write(
            lambda tx: tx.patch(SITE, site, pin_mode=PinMode.APARTMENT_PIN), origin=Origin.USER
        )
    drawn = Drawn(seed, site, homes, group, old)
    ids = {p.id for p in drawn.people}

    def work(tx: Tx) -> list[dict[str, str]]:
        parts: list[tuple[EntitySpec[Any], list[Any]]] = [
            (RESIDENT, drawn.people),
            (CREDENTIAL, drawn.codes),
            (GROUP_MEMBER, drawn.members),
        ]
        return [told(tx, spec, rows, ids) for spec, rows in parts]

    quick = await mirror.write(work, origin=Origin.IMPORT)
    assert any(quick)
    monkeypatch.setattr(screen, "FEW", 10**9)
    assert quick == await mirror.write(work, origin=Origin.IMPORT)


def test_a_rule_that_the_screen_does_not_know_is_asked_for_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def new_rule(_reader: Any, _row: Any) -> Any:
        return iter(())

    rules = {**invariants.INVARIANTS, RESIDENT.name: (*invariants.INVARIANTS[RESIDENT.name], new_rule)}
    monkeypatch.setattr(invariants, "INVARIANTS", rules)
    monkeypatch.setattr(screen, "_SCREENS", {RESIDENT.name: lambda *_: set()})
    rows = [Resident(id=new_id(), site_id="s", first_name="a", last_name="b") for _ in range(screen.FEW)]
    nobody: Any = None
    assert screen.screened(nobody, RESIDENT, rows, ())[1] == (new_rule,)
