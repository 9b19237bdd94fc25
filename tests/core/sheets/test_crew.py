"""Files of staff and delivery people: TPL-03, VIS-02, VIS-03."""

from __future__ import annotations

from functools import partial

from core.entities.access import GROUP_MEMBER
from core.entities.credential import CREDENTIAL
from core.entities.person import FLOOR_GRANT, RESIDENT, PersonKind
from core.sheets.export import export_kind
from core.sheets.read import read_table
from tests.core.sheets.conftest import Town, faults, verdicts


async def test_tpl_03_staff_cards_make_staff_with_cards_and_groups(town: Town) -> None:
    rows = [
        ["Paul Edward Roe", "0a:1b:2c:3e; FF", "2001; 1001"],
        ["Madonna", "AB", ""],
        ["Pia Roe", "0A1B2C3D", ""],
        ["Tom Roe", "ABG", "4711"],
        ["Paul edward Roe", "CD", ""],
    ]
    plan = await town.plan_rows("staff_cards", rows)
    assert verdicts(plan) == ["new", "refused", "refused", "refused", "refused"]
    assert "First and last name" in faults(plan.rows[1])["Staff Name"]
    assert "another person" in faults(plan.rows[2])["RF Card"], "Ada has this card"
    assert set(faults(plan.rows[3])) == {"RF Card", "Access Group ID"}
    assert "stands in row 2" in faults(plan.rows[4])["Staff Name"]

    assert (await town.apply(plan)).new == 1
    [paul] = await town.mirror.read(lambda r: r.find(RESIDENT, kind=PersonKind.STAFF))
    assert (paul.first_name, paul.last_name, len(paul.uid)) == ("Paul Edward", "Roe", 9)
    made = await town.mirror.read(lambda r: r.find(CREDENTIAL, person_id=paul.id))
    assert sorted(c.code for c in made) == ["0A1B2C3E", "FF"]
    members = await town.mirror.read(lambda r: r.find(GROUP_MEMBER, person_id=paul.id))
    assert {m.group_id for m in members} == {town.groups[2001].id, town.groups[1001].id}


async def test_cards_of_staff_are_added_and_what_is_there_stays(town: Town) -> None:
    await town.apply(await town.plan_rows("staff_cards", [["Paul Roe", "AA", "2001"]]))
    again = await town.plan_rows("staff_cards", [["Paul Roe", "AA", "2001"]])
    assert verdicts(again) == ["unchanged"]
    more = await town.plan_rows("staff_cards", [["Paul Roe", "BB", "1001"]])
    assert verdicts(more) == ["changed"]
    await town.apply(more)
    found = await town.mirror.read(lambda r: r.find(CREDENTIAL))
    assert {"AA", "BB"} <= {c.code for c in found}


async def test_delivery_people_have_floors_of_several_buildings(town: Town) -> None:
    """VIS-02: up to ten floors over all buildings."""
    rows = [
        ["Jo Swift", "5511", "", "Building A:1,2;Building B:G0", "2001", ""],
        ["Al Slow", "5512", "", "Building A:1,2,3,4,5,6,7,8,9,10,11", "", ""],
        ["Bo Lost", "5513", "", "Building X:1", "", ""],
        ["Cy Vague", "5514", "", "7", "", ""],
    ]
    plan = await town.plan_rows("delivery", rows)
    assert verdicts(plan) == ["new", "refused", "refused", "refused"]
    assert "up to 10" in faults(plan.rows[1])["Accessible Floors"]
    assert "unknown here" in faults(plan.rows[2])["Accessible Floors"]
    assert "building in front" in faults(plan.rows[3])["Accessible Floors"]
    await town.apply(plan)
    grants = await town.mirror.read(lambda r: r.find(FLOOR_GRANT))
    floors = {g.building_id: g.floors for g in grants}
    assert floors == {
        town.buildings["Building A"].id: ("1", "2"),
        town.buildings["Building B"].id: ("G0",),
    }


async def test_what_is_written_reads_back_without_a_change(town: Town) -> None:
    row = ["Jo Swift", "5511", "AB;CD", "Building A:1,2", "2001", ""]
    for kind in ("delivery", "staff"):
        cells = row if kind == "delivery" else ["Jo Staff", "5519", "EE", "Building B:G1,3", "1001", ""]
        await town.apply(await town.plan_rows(kind, [cells]))
        path = town.folder / f"{kind}.xlsx"
        work = partial(export_kind, kind_name=kind, into=town.site.id, path=path, show_secrets=True)
        count = await town.mirror.read(work)
        assert count == 1
        assert read_table(path).rows[1][:5] == cells[:5]
        assert verdicts(await town.plan(kind, path)) == ["unchanged"]
