"""Contacts, and what a 2N directory has not, against simulated units (device API 8)."""

from __future__ import annotations

from dataclasses import replace

from core.base.verdict import Verdict
from core.entities.proof import ItemKind
from core.rules.desired import WantedContact
from core.rules.plan import Act, judge, make_plan
from device_link.drivers.twon.contacts import CONTACT_OWNER
from device_link.simulator.twon import TwoNDevice
from tests.device_link.conftest import EVERYTHING, person, wanted
from tests.device_link.drivers.test_two_n import bring, gateway, link


async def test_apartments_are_contacts_beside_people_and_go_only_when_they_were_sent_from_here() -> None:
    async with TwoNDevice() as unit:
        unit.state.directory.create([{"name": "Caretaker", "callPos": [{"peer": "10.0.0.9"}]}], force=False)
        flats = (WantedContact("101", "10.0.0.101"), WantedContact("102 Byron", "6102"))
        desired = replace(wanted(0), settings=(), schedules=(), people=(person(1),), contacts=flats)
        verdicts = await bring(unit, desired)
        assert {verdicts[one.name] for one in flats} == {Verdict.PROVED}
        ours = [one for one in unit.state.directory.living() if one["owner"] == CONTACT_OWNER]
        assert sorted((one["name"], one["callPos"][0]["peer"]) for one in ours) == [
            ("101", "10.0.0.101"),
            ("102 Byron", "6102"),
        ]
        assert verdicts["Caretaker"] is Verdict.FOREIGN
        again = replace(desired, contacts=(WantedContact("101", "10.0.0.111"),))
        door = gateway()
        held = await door.observe(link(unit), again, EVERYTHING)
        sent = {(ItemKind.CONTACT, one.name): "sent" for one in flats}
        plan = make_plan(again, held, sent)
        acts = {item.subject: item.act for item in plan.items if item.kind is ItemKind.CONTACT}
        assert acts == {"101": Act.CHANGE, "102 Byron": Act.REMOVE}
        assert all(not item.subject.startswith(CONTACT_OWNER) for item in plan.items), (
            "no contact is a person"
        )
        results = await door.apply(link(unit), plan, report=lambda _r: None, check_cancel=lambda: None)
        after = make_plan(again, await door.observe(link(unit), again, EVERYTHING), sent)
        proved = {j.subject: j.verdict for j in judge(after, results) if j.kind is ItemKind.CONTACT}
        assert proved == {"101": Verdict.PROVED}
        assert sum(1 for one in unit.state.directory.living() if one["name"] == "Caretaker") == 1


async def test_plates_and_faces_are_refused_with_the_reason_before_anything_is_sent() -> None:
    async with TwoNDevice() as unit:
        ada = replace(person(1), plates=("AB123",), faces=("e" * 64,))
        desired = replace(wanted(0), settings=(), schedules=(), people=(ada,))
        plan = make_plan(desired, await gateway().observe(link(unit), desired, EVERYTHING))
        why = {item.subject.partition("+")[2]: item.why for item in plan.items if item.act is Act.CANNOT}
        assert why == {
            "plates": "The directory of a 2N unit has no licence plates.",
            "faces": "The directory of a 2N unit has a photo for its screen and no face that opens.",
        }
        verdicts = await bring(unit, desired)
        assert verdicts[ada.name] is Verdict.PROVED, "the PIN opens all the same"
        assert verdicts[f"{ada.name}: a face"] is Verdict.REFUSED
