"""The file of buildings and apartments: SITE-10, SITE-12, SITE-14; days in sheets."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from core.entities.access import ACCESS_GROUP
from core.entities.site import APARTMENT, BUILDING
from core.schema.field import BadValueError
from core.sheets.dates import parse_day
from core.sheets.export import export_kind
from tests.core.sheets.conftest import Town, faults, verdicts


async def test_apartments_and_their_buildings_are_made(town: Town) -> None:
    rows = [
        ["Building C", "201 (Floor 2)", "Loft", "", "", ""],
        ["building c", "202", "", "-1", "2026-03-01", "31.03.2026"],
        ["Building A", "101", "The Tower", "12", "", ""],
        ["Building A", "102", "", "", "", ""],
    ]
    plan = await town.plan_rows("apartments", rows)
    assert verdicts(plan) == ["new", "new", "changed", "unchanged"]
    assert plan.notes == ("New buildings: Building C.",)
    assert [(c.column, c.was, c.now) for c in plan.rows[2].changes] == [
        ("APT Name", "", "The Tower"),
        ("Floor", "", "12"),
    ]
    assert (await town.apply(plan)).new == 2
    [made] = await town.mirror.read(lambda r: r.find(BUILDING, name="Building C"))
    [group] = await town.mirror.read(lambda r: r.find(ACCESS_GROUP, building_id=made.id))
    assert group.name == "Resident-Building Building C"
    homes = await town.mirror.read(lambda r: r.find(APARTMENT, building_id=made.id))
    found = {h.number: h for h in homes}
    assert (found["201"].floor, found["201"].name, found["202"].floor) == (2, "Loft", -1)
    # Midnight of Madrid, and the day after the last one, which is already in summer time.
    assert found["202"].valid_from == datetime(2026, 2, 28, 23, 0, tzinfo=UTC)
    assert found["202"].valid_until == datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
    assert verdicts(await town.plan_rows("apartments", rows)) == ["unchanged"] * 4


async def test_every_fault_of_a_row_is_told_at_once(town: Town) -> None:
    rows = [
        ["", "#1", "", "200", "3/4/2026", "x"],
        ["Building A", "101 (Floor 3)", "", "4", "", ""],
        ["Building A", "102", "", "", "2026-05-01", "2026-04-01"],
        ["Building Z", "1", "", "", "", ""],
        ["Building Z", "1", "", "", "", ""],
        ["B" * 129, "1", "", "", "", ""],
    ]
    plan = await town.plan_rows("apartments", rows)
    assert set(faults(plan.rows[0])) == {"Building", "Lease From", "Lease Until"}
    assert "two ways" in faults(plan.rows[0])["Lease From"]
    assert set(faults(plan.rows[1])) == {"Floor"}
    assert set(faults(plan.rows[2])) == {"Lease Until"}
    assert verdicts(plan)[3:] == ["new", "refused", "refused"]
    assert "stands in row 5" in faults(plan.rows[4])["Apartment"]


async def test_the_number_of_an_apartment_can_be_read_by_a_door_phone(town: Town) -> None:
    plan = await town.plan_rows("apartments", [["Building A", "#12", "", "", "", ""]])
    assert "does not start with '#'" in faults(plan.rows[0])["Apartment"]


async def test_an_export_reads_back_without_a_change(town: Town) -> None:
    rows = [["Building A", "007", "Low", "0", "2026-01-15", "2026-12-31"]]
    await town.apply(await town.plan_rows("apartments", rows))
    path = town.folder / "out.csv"
    await town.mirror.read(lambda r: export_kind(r, "apartments", town.site.id, path))
    plan = await town.plan("apartments", path)
    assert set(verdicts(plan)) == {"unchanged"}
    assert len(plan.rows) == 4


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-31", date(2026, 3, 31)),
        ("2026-03-31 00:00:00", date(2026, 3, 31)),
        ("31.3.2026", date(2026, 3, 31)),
        ("31/03/2026", date(2026, 3, 31)),
        ("03/31/2026", date(2026, 3, 31)),
        ("4/4/2026", date(2026, 4, 4)),
    ],
)
def test_days_that_can_be_read_in_one_way(text: str, day: date) -> None:
    assert parse_day(text) == day


@pytest.mark.parametrize("text", ["3/4/2026", "2026-02-30", "soon", "31.31.2026", ""])
def test_days_that_cannot(text: str) -> None:
    with pytest.raises(BadValueError):
        parse_day(text)
