"""The office's file: TPL-04, TPL-05, TPL-10, TPL-11, SITE-22, SITE-26, SITE-29."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from core.base.errors import UserError
from core.entities.device import DEVICE, MAC_ENTRY, Device, DeviceKind
from core.entities.organisation import Organisation
from core.entities.person import RESIDENT, Identity, PersonKind, Resident
from core.entities.place import DEPARTMENT
from core.entities.site import SITE, CallType, SiteKind
from core.sheets.export import export_kind
from core.sheets.office import DEVICES, USERS
from core.sheets.options import ImportOptions
from core.sheets.rows import SheetPlan
from core.store.mirror import Mirror
from tests.core.sheets.conftest import Town, faults, verdicts
from tests.fixtures_core import Planter

GATE, ROOM, FOREIGN = "0C11050B9814", "0C11050893C6", "0C1105000009"


@pytest.fixture
async def office(mirror: Mirror, planted: Planter, org: Organisation, tmp_path: Path) -> Town:
    """An office with the department Sales (floors 2 and 3) and two MACs in the library."""
    site = await planted(
        SITE, org_id=org.id, name="Harbour House", kind=SiteKind.OFFICE, time_zone="Europe/Madrid"
    )
    await planted(DEPARTMENT, site_id=site.id, name="Sales", floors=("2", "3"))
    for mac in (GATE, ROOM):
        await planted(MAC_ENTRY, scope_id=org.id, mac=mac, model="R29")
    nobody = Resident(id="", first_name="", last_name="", site_id=site.id)
    return Town(mirror, tmp_path, org, site, {}, {}, {}, nobody)


def line(**cells: str) -> list[str]:
    base = {"department": "Sales", "first_name": "Paul", "last_name": "Edward", "number": "1007"}
    return [(base | cells).get(c.field, "") for c in USERS.columns]


async def plan(
    office: Town,
    rows: Sequence[Sequence[str]],
    kind: str = "office_users",
    heads: Sequence[str] | None = None,
    **said: bool,
) -> SheetPlan:
    options = ImportOptions(org_id=office.org.id, **said)  # type: ignore[arg-type]
    return await office.plan_rows(kind, rows, heads, options=options)


async def users(office: Town) -> list[Resident]:
    return await office.mirror.read(lambda r: r.find(RESIDENT, kind=PersonKind.OFFICE_USER))


async def devices(office: Town) -> list[Device]:
    return await office.mirror.read(lambda r: r.find(DEVICE))


async def test_tpl_04_users_and_devices_come_in_one_file(office: Town) -> None:
    heads = ["SmartPlus Intercom Feature" if h == "Intercom Feature" else h for h in USERS.heads]
    rows = [
        line(
            device=f"Gate2,0,{GATE}; Living Room,2,0c:11:05:08:93:c6", app="1", call_type="3", email="p@e.org"
        ),
    ]
    made = await plan(office, rows, heads=heads)
    assert verdicts(made) == ["new"]
    assert (await office.apply(made)).late == {}
    [paul] = await users(office)
    assert (paul.number, paul.call_type, paul.floors, paul.identity) == (
        "1007",
        CallType.APP_AND_MONITORS_THEN_PHONE,
        ("2", "3"),
        Identity.BASIC,
    )
    found = {d.name: d for d in await devices(office)}
    assert {n: d.kind for n, d in found.items()} == {
        "Gate2": DeviceKind.MULTI_DOOR,
        "Living Room": DeviceKind.MONITOR,
    }
    assert {d.owner_id for d in found.values()} == {paul.id}
    again = await plan(office, rows, heads=heads, manager=True)
    assert verdicts(again) == ["unchanged"]


async def test_a_row_may_be_of_devices_only(office: Town) -> None:
    row = line(first_name="", last_name="", number="", device=f"Gate,0,{GATE}")
    made = await plan(office, [row], "office_devices")
    assert verdicts(made) == ["new"]
    await office.apply(made)
    [gate] = await devices(office)
    assert gate.owner_id is None
    assert await users(office) == []


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("office_users", "3", "app and monitors, then phone"),
        ("office_devices", "3", "monitors, then app"),
        ("office_users", "4", "monitors, then app"),
        ("office_devices", "4", "monitors, then phone"),
        ("office_devices", "2", "app and monitors, then phone"),
        ("office_users", "5", "monitors, then app, then phone"),
        ("office_devices", "5", "monitors, then app, then phone"),
        ("office_users", "Monitors, then phone", "monitors, then phone"),
    ],
)
async def test_tpl_05_tpl_10_codes_mean_what_the_kind_of_file_says(
    office: Town, kind: str, code: str, words: str
) -> None:
    made = await plan(office, [line(call_type=code)], kind)
    assert [(c.column, c.now) for c in made.rows[0].changes] == [("Call Type", words)]


async def test_tpl_05_code_2_does_not_exist_in_the_users_file(office: Town) -> None:
    made = await plan(office, [line(call_type="2")])
    assert faults(made.rows[0]) == {
        "Call Type": "Call Type has the codes 0, 1, 3, 4, 5 in this kind of file."
    }


async def test_tpl_11_all_four_words_are_read_in_both_files(office: Town) -> None:
    words = ("staff", "Personnel", "basic user", "Advanced")
    rows = [line(identity=w, number=str(n), first_name=f"P{n}") for n, w in enumerate(words)]
    for layout in (USERS, DEVICES):
        made = await plan(office, rows, layout.kind)
        assert [row.work.new.identity for row in made.rows] == [
            Identity.BASIC,
            Identity.ADVANCED,
            Identity.BASIC,
            Identity.ADVANCED,
        ]
    options = ImportOptions(org_id=office.org.id, staff_is=Identity.ADVANCED)
    turned = await office.plan_rows("office_users", rows[:2], options=options)
    assert [row.work.new.identity for row in turned.rows] == [Identity.ADVANCED, Identity.BASIC]
    wrong = await plan(office, [line(identity="boss")])
    assert set(faults(wrong.rows[0])) == {"Identity"}


async def test_without_the_app_only_monitors_ring(office: Town) -> None:
    """SITE-22: and a call type that rings the app is refused there."""
    rows = [line(app="0"), line(app="0", call_type="1", number="2"), line(app="x", number="3")]
    made = await plan(office, rows)
    assert made.rows[0].work.new.call_type is CallType.MONITORS_ONLY
    assert set(faults(made.rows[1])) == {"Call Type"}
    assert set(faults(made.rows[2])) == {"Intercom Feature"}


async def test_every_fault_stands_at_its_cell(office: Town) -> None:
    rows = [
        line(department="Saless"),
        line(number="1", device=f"Gate,7,{GATE}"),
        line(number="2", device="Gate,0,1234"),
        line(number="3", device=f"Gate,0,{FOREIGN}"),
        line(number="4", device="Gate"),
        line(number="5", device=f"Gate,0,{GATE}"),
        line(number="6", device=f"Gate,0,{GATE}"),
        line(number="5", first_name="Other"),
        line(number="7", first_name="", last_name="x" * 65),
    ]
    made = await plan(office, rows)
    told = [faults(row) for row in made.rows]
    assert "unknown at this office" in told[0]["Department"]
    assert "0, 1, 2, 3 or 50" in told[1]["Device"]
    assert "twelve hexadecimal" in told[2]["Device"]
    assert "not in the MAC library" in told[3]["Device"]
    assert "name,type,MAC" in told[4]["Device"]
    assert told[5] == {}
    assert "stands in row 7 too" in told[6]["Device"]
    assert "stands in row 7" in told[7]["ID"]
    assert set(told[8]) == {"First Name", "Last Name"}


async def test_an_installer_changes_only_whom_the_manager_has_moved_in(office: Town) -> None:
    """SITE-26."""
    await office.apply(await plan(office, [line()]))
    change = [line(email="p@example.org")]
    assert "moved there" in faults((await plan(office, change)).rows[0])["Department"]
    by_manager = await plan(office, change, manager=True)
    assert verdicts(by_manager) == ["changed"]
    placed = await plan(office, [line(number="8", first_name="New")], manager=True)
    assert placed.rows[0].work.new.placed_by_manager


async def test_what_is_written_says_basic_or_advanced_and_reads_back(office: Town) -> None:
    rows = [
        line(identity="personnel", app="1", call_type="4", device=f"Gate2,0,{GATE}"),
        line(number="9", first_name="Mo", app="0"),
        line(first_name="", last_name="", number="", device=f"Room,2,{ROOM}"),
    ]
    await office.apply(await plan(office, rows, manager=True))
    for kind in ("office_users", "office_devices"):
        path = office.folder / f"{kind}.xlsx"
        await office.mirror.read(lambda r, k=kind, p=path: export_kind(r, k, office.site.id, p))  # type: ignore[misc]
        options = ImportOptions(org_id=office.org.id, manager=True)
        back = await office.plan(kind, path, options)
        assert set(verdicts(back)) == {"unchanged"}
        assert back.rows[0].cells[2] == "advanced"


async def test_a_site_of_another_kind_takes_no_office_file(town: Town) -> None:
    with pytest.raises(UserError, match="belong to an office"):
        await town.plan_rows("office_users", [line()])
