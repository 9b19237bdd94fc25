"""Edits about which nothing has to be asked are answered and stored as the whole judging would: every edit is offered
twice, to twins, once with the short way shut.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.ids import new_id
from core.cloud.plain import PlainEdits, is_plain
from core.cloud.rows import Held
from core.entities.device import DEVICE
from core.entities.organisation import Role
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind
from core.entities.site import APARTMENT
from core.schema.entity import EntitySpec
from core.wire.messages import Mutation, MutationAnswer
from tests.cloud.bench import Hand

SPECS = {spec.name: spec for spec in (RESIDENT, APARTMENT, DEVICE, CREDENTIAL)}
PLAIN = ("remark", "first_name", "name", "firmware")
TEXTS = st.sampled_from(["", "x", "y", "L2", "two words"])
VALUES = TEXTS | st.sampled_from(
    [None, "", "x", "k" * 40, "1234", "two\nlines", "nul\0", 0, 1, 7, 2**62, 1_700_000_000_000, "L2", "none"]
)
NAMES = {
    RESIDENT.name: (
        "remark",
        "mobile",
        "first_name",
        "floors",
        "valid_from",
        "valid_until",
        "linked",
        "kind",
    ),
    APARTMENT.name: ("name", "call_type", "valid_until", "delete_members", "building_id"),
    DEVICE.name: ("name", "mac", "internet", "firmware", "static_address", "unheard_of"),
    CREDENTIAL.name: ("code", "kind", "name", "valid_until", "long_term"),
}
EDITS = st.sampled_from(sorted(SPECS)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.dictionaries(
            st.sampled_from([n for n in NAMES[name] if n in PLAIN] or NAMES[name]), TEXTS, max_size=2
        )
        | st.dictionaries(st.sampled_from(NAMES[name]), VALUES, max_size=3),
        st.sampled_from(["patch"] * 9 + ["delete"]),
        st.sampled_from([0, 0, 0, 1, 2]),
        st.booleans(),
    )
)
Edit = tuple[str, dict[str, Any], str, int, bool]


def _family(hand: Hand) -> dict[str, Mutation]:
    """A row of each kind."""
    person = hand.resident(remark="old")
    card = {"person_id": person.entity_id, "kind": CredentialKind.FACE, "code": "", "blob": "a" * 64}
    made = {
        RESIDENT.name: person,
        APARTMENT.name: hand.create(
            APARTMENT, site_id=hand.site, building_id=hand.building.entity_id, number=new_id()[-8:]
        ),
        DEVICE.name: hand.create(DEVICE, name="Door", site_id=hand.site, mac=f"0C11{new_id()[-8:].upper()}"),
        CREDENTIAL.name: hand.create(CREDENTIAL, **card),
    }
    hand.must(*made.values())
    return made


def _told(answer: MutationAnswer) -> tuple[Any, ...]:
    """What does not depend on which twin it is about."""
    clashes = [c.field for c in answer.clashes]
    image = (
        None if answer.image is None else {k: v for k, v in answer.image.items() if k in ("remark", "name")}
    )
    return answer.status, answer.ver, answer.code, answer.message, answer.field, clashes, image


def _offer(hand: Hand, other: Hand, family: dict[str, Mutation], edits: list[Edit]) -> list[tuple[Any, ...]]:
    """The edits in batches by who makes them, in order."""
    found = []
    for name, fields, op, back, by_other in edits:
        made, who = family[name], (other if by_other else hand)
        held = _rows(hand, {name: made})[name]
        given = fields if op == "patch" else {}
        base = max(0, held.ver - back)
        edit = who.edit(SPECS[name], op, made.entity_id, given, base_ver=base, scope=made.scope)
        found += [_told(a) for a in who.push(edit)]
    return found


def _rows(hand: Hand, family: dict[str, Mutation]) -> dict[str, Held]:
    with hand.cloud.database.read(hand.who.tenant) as connection:
        return {
            name: hand.cloud.rows.by_ids(connection, SPECS[name], hand.who.tenant, [m.entity_id])[m.entity_id]
            for name, m in family.items()
        }


def _kept(held: Held, own: Mutation) -> tuple[Any, ...]:
    """A row as it is stored; what the twins were made with differs."""
    start = own.fields
    changed = {k: v for k, v in held.values.items() if v != start[k]}
    return held.ver, held.deleted, changed, held.fver


def test_the_short_way_answers_and_stores_as_the_long_one(
    anna: Hand, ben: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = {"ways": 0}
    judge = PlainEdits.judge

    def counted(self: PlainEdits, m: Mutation) -> MutationAnswer | None:
        answer = judge(self, m)
        short["ways"] += answer is not None
        return answer

    @settings(max_examples=40, deadline=None)
    @given(st.lists(EDITS, min_size=3, max_size=8))
    def same(edits: list[Edit]) -> None:
        one, two = _family(anna), _family(anna)
        monkeypatch.setattr(PlainEdits, "judge", counted)
        quick = _offer(anna, ben, one, edits)
        monkeypatch.setattr(PlainEdits, "judge", lambda _self, _m: None)
        assert quick == _offer(anna, ben, two, edits)
        first, second = _rows(anna, one), _rows(anna, two)
        assert {n: _kept(first[n], one[n]) for n in SPECS} == {n: _kept(second[n], two[n]) for n in SPECS}

    same()
    assert short["ways"] > 20, "the short way is hardly taken"


@pytest.mark.parametrize(
    ("spec", "names", "plain"),
    [
        (RESIDENT, ("remark",), True),
        (RESIDENT, ("first_name", "last_name"), True),
        (RESIDENT, ("mobile",), False),  # ACC-20: not while the account has linked sites
        (RESIDENT, ("valid_until",), False),  # a rule of the row looks at it
        (RESIDENT, ("apartment_id",), False),  # it points at another row
        (DEVICE, ("name",), True),
        (DEVICE, ("mac",), False),  # it is claimed
        (CREDENTIAL, ("code",), False),
        (APARTMENT, ("unheard_of",), False),
    ],
)
def test_only_what_nothing_hangs_on_is_plain(
    anna: Hand, spec: EntitySpec[Any], names: tuple[str, ...], plain: bool
) -> None:
    edit = anna.edit(spec, "patch", new_id(), dict.fromkeys(names, ""))
    assert is_plain(anna.who.role, edit) is plain


def test_nothing_of_a_property_manager_is_plain(anna: Hand) -> None:
    assert not is_plain(Role.MANAGER, anna.edit(RESIDENT, "patch", new_id(), {"remark": "x"}))
