"""Rows that are judged by columns are judged as one by one: TPL-01, TPL-08."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sheets.options import ImportOptions
from core.sheets.rows import PlanRows, RowPlan, RowVerdict, SheetPlan
from core.sheets.shapes import all_fit, fits
from core.sheets.sure_rows import SureRows
from tests.core.sheets.conftest import Town, verdicts
from tests.core.sheets.people import line, person

_POOLS: dict[str, tuple[str, ...]] = {
    "building": ("Building A", "Building B", "building b", "Building C", ""),
    "apartment": ("101", "102", "999"),
    "account_type": ("0", "1", "1", "master", "7", ""),
    "first_name": ("Ada", "Bea", "Bea ", "Cy", "bea", "D  d", "", "N" * 65),
    "last_name": ("Byron", "Roe", "Röe", ""),
    "email": ("", "", "a@b.org", "a@b"),
    "mobile": ("", "600123", "no"),
    "calling_code": ("", "34", "+34", "x"),
    "pin": ("", "5511", "5512", "5513", "9511", "4711", "55;66", "5514", "5515", "5516"),
    "card": ("", "AA", "0AA", "BB;CC", "CC", "DD", "G", "a:b", "••••"),
    "floors": ("", "1;2", "129"),
    "groups": ("", "2001", "12"),
    "remark": ("", "x"),
    "plate": ("", "", "", "1234ABC"),
    "uid": ("", "", "", "", "123456789"),
}


def told(row: RowPlan) -> Any:
    """A verdict with everything that does not depend on fresh ids."""
    work = row.work
    done = None
    if work is not None:
        new = work.new
        values = (
            {n: getattr(new, n) for n in new.__dataclass_fields__ if n not in {"id", "uid"}} if new else None
        )
        done = (values, sorted(work.codes.coming), sorted(work.join), work.apartment, dict(work.patch or {}))
    return (row.number, row.verdict, row.title, row.faults, row.changes, row.rank, row.double, done)


async def both(
    town: Town, rows: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> tuple[SheetPlan, SheetPlan]:
    options = ImportOptions(fee_accepted=True)
    quick = await town.plan_rows("residents", rows, suffix=".csv", options=options)
    with monkeypatch.context() as patched:
        patched.setattr(SureRows, "plans", lambda _self: {})
        slow = await town.plan_rows("residents", rows, suffix=".csv", options=options)
    return quick, slow


@pytest.mark.parametrize("seed", range(12))
async def test_columns_and_rows_judge_alike(town: Town, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    rng = random.Random(seed)
    # Files from nearly clean to hopeless: the part of cells that are drawn instead of right.
    noise = rng.choice((0.02, 0.1, 0.5))
    rows = []
    for number in range(40):
        cells = {
            "building": rng.choice(("Building A", "Building B")),
            "apartment": rng.choice(("101", "102")),
            "account_type": rng.choice("01"),
            "first_name": f"F{number}",
            "pin": rng.choice(("", f"{3000 + number}")),
            "card": rng.choice(("", f"C{number:03X}")),
        }
        cells |= {name: rng.choice(pool) for name, pool in _POOLS.items() if rng.random() < noise}
        rows.append(line(**cells))
    quick, slow = await both(town, rows, monkeypatch)
    assert [told(row) for row in quick.rows] == [told(row) for row in slow.rows]
    assert quick.notes == slow.notes


async def test_a_clean_file_is_judged_by_columns_and_applies(town: Town) -> None:
    rows = [
        line(pin="3001", card="c1;", floors="2;1", groups="2001", calling_code="+34"),
        line(first_name="Pia", account_type="1", pin="3002", card="C2"),
    ]
    rows[0][13] = "c1"
    plan = await town.plan_rows("residents", rows)
    assert verdicts(plan) == ["new", "new"]
    assert {type(row.work).__name__ for row in plan.rows} == {"SureWork"}
    assert (await town.apply(plan)).late == {}
    paul = await person(town, "Paul")
    assert (paul.floors, paul.calling_code, len(paul.uid)) == (("1", "2"), "34", 9)
    assert (await town.apply(plan)).late == {}, "a plan that is applied twice writes nothing twice"
    again = await town.plan_rows("residents", rows)
    assert verdicts(again) == ["unchanged", "unchanged"]


@given(
    st.lists(
        st.sampled_from(("a@b.org", "600 123", "x", "a@b", "34", "+34", "a@b.org\nc@d.org", "1\n2", " "))
    )
)
def test_what_fits_as_lines_fits_by_itself(texts: list[str]) -> None:
    """A text with a line break of its own must not stand in for one that does not fit."""
    for name in ("email", "mobile", "calling_code", "phone_1"):
        if all_fit(name, texts):
            assert all(fits(name, text) for text in texts)


async def test_the_rows_of_a_plan_are_made_when_they_are_looked_at_and_stay_the_same(town: Town) -> None:
    rows = [line(first_name=f"F{n}", account_type="01"[n > 0], pin=f"{3000 + n}", card="") for n in range(6)]
    rows[4][0] = "Nowhere"
    plan = await town.plan_rows("residents", rows, options=ImportOptions(fee_accepted=True))
    assert isinstance(plan.rows, PlanRows)
    assert [row.verdict for row in plan.rows] == [row.verdict for row in plan.rows[0:6]]
    assert (plan.counts[RowVerdict.NEW], plan.counts[RowVerdict.REFUSED]) == (5, 1)
    assert [(i, row.number) for i, row in plan.judged if row.faults] == [(4, 6)]
    assert plan.numbers == [2, 3, 4, 5, 6, 7]
    assert plan.cells[1] == plan.rows[1].cells
    sure = [row.work.person_id for row in plan.rows if not row.faults]
    assert sure == [row.work.person_id for row in plan.rows if not row.faults]
    assert plan.rows[-1].number == 7
    with pytest.raises(IndexError):
        plan.rows[6]
