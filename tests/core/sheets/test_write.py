"""Files that are written: templates (TPL-12), lists (TPL-09), and what a spreadsheet program must not run."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import UserError
from core.entities.device import MAC_ENTRY
from core.entities.person import CREDENTIAL, RESIDENT
from core.sheets.export import export_list
from core.sheets.kinds import KINDS, kind_of
from core.sheets.layout import Layout, SheetColumn, layout_of, plain_head
from core.sheets.plan import sheet_of
from core.sheets.read import read_table
from core.sheets.template import write_template
from core.sheets.write import write_table
from core.store.query import ListQuery
from tests.core.sheets.conftest import Town


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_template_has_the_heads_the_example_and_an_explanation(tmp_path: Path, kind: str) -> None:
    layout = kind_of(kind).layout
    path = tmp_path / "template.xlsx"
    write_template(path, layout)
    table = read_table(path)
    assert tuple(table.rows[0]) == layout.heads
    assert table.rows[1] == [c.example for c in layout.columns][: len(table.rows[1])]
    assert table.notes == ()
    notes = openpyxl.load_workbook(path)["Notes"]
    assert [row[0].value for row in notes.iter_rows(min_row=2)] == list(layout.heads)


def test_lists_to_choose_from(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    buildings = [f"Building {n}, north" for n in range(40)]
    write_template(path, kind_of("residents").layout, lists={"building": buildings})
    book = openpyxl.load_workbook(path)
    rules = {str(rule.sqref)[0]: rule.formula1 for rule in book["Residents"].data_validations.dataValidation}
    assert rules["E"] == '"0,1"'
    assert rules["A"] == "'Building list'!$A$1:$A$40"
    assert book["Building list"].sheet_state == "hidden"
    assert [row[0].value for row in book["Building list"].iter_rows()] == buildings


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"faces"}))
def test_tpl_12_an_empty_template_imports_nothing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{kind}.xlsx"
    write_template(path, kind_of(kind).layout)
    sheet = sheet_of(kind, read_table(path))
    assert sheet.table.rows[sheet.first :] == []
    assert "The example row of the template was left out." in sheet.table.notes


async def test_tpl_09_any_list_is_written_as_its_filter_shows_it(town: Town) -> None:
    await town.apply(
        await town.plan_rows("macs", [["0C11052A7F32", "R29", "b"], ["0C11052A7F31", "R20", "a"]])
    )
    path = town.folder / "macs.csv"
    query = ListQuery(MAC_ENTRY, search="R2", sort="mac")
    assert await town.mirror.read(lambda r: export_list(r, query, path, fields=("note", "mac"))) == 2
    rows = read_table(path).rows
    assert rows[0] == ["Note", "MAC", "UID"]
    assert [row[:2] for row in rows[1:]] == [["a", "0C:11:05:2A:7F:31"], ["b", "0C:11:05:2A:7F:32"]]


async def test_references_are_names_and_secrets_are_dots(town: Town) -> None:
    path = town.folder / "list.xlsx"
    assert await town.mirror.read(lambda r: export_list(r, ListQuery(RESIDENT), path)) == 1
    shown = dict(zip(*read_table(path).rows[:2], strict=False))
    assert (shown["Site"], shown["Apartment"], shown["First name"]) == ("Tamarind Court", "101", "Ada")
    await town.mirror.read(lambda r: export_list(r, ListQuery(CREDENTIAL), path, fields=("kind", "code")))
    assert {row[1] for row in read_table(path).rows[1:]} == {"••••"}
    await town.mirror.read(
        lambda r: export_list(r, ListQuery(CREDENTIAL), path, fields=("kind", "code"), show_secrets=True)
    )
    assert {row[1] for row in read_table(path).rows[1:]} == {"4711", "0A1B2C3D"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+34600", "-5", "@SUM(A1)", "=HYPERLINK(0)", "http://x.example", "0012"]
)
def test_nothing_in_a_cell_is_run_or_turned_into_something_else(tmp_path: Path, text: str) -> None:
    for name in ("a.xlsx", "a.csv"):
        write_table(tmp_path / name, ["Head"], [[text]])
        assert read_table(tmp_path / name).rows == [["Head"], [text]]
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]["A2"]
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    raw = (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()[1]
    assert raw.lstrip('"')[0] not in "=+-@"


PLAIN = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Cf")), max_size=9
)


@given(st.lists(st.tuples(PLAIN, PLAIN), min_size=1, max_size=5))
def test_csv_round_trip(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    write_table(path, ["One", "Two"], rows)
    back = [tuple((*row, "", "")[:2]) for row in read_table(path).rows[1:]]
    expected = [tuple(_as_read(text) for text in row) for row in rows]
    assert back == [row for row in expected if any(row)]


def _as_read(text: str) -> str:
    """An apostrophe before a formula's sign is ours: the one that somebody typed there is lost."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in "=+-@" else text


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"list{suffix}"
    path.write_text("old")

    def rows() -> list[list[str]]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_table(path, ["a"], (row for row in rows()))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "a.csv", tmp_path / "none" / "a.xlsx"):
        with pytest.raises(UserError, match="cannot be written"):
            write_table(path, ["a"], [["b"]])
    with pytest.raises(UserError, match=r"not as '\.pdf'"):
        write_table(tmp_path / "a.pdf", ["a"], [])
    with pytest.raises(UserError, match="no kind of file called 'rockets'"):
        kind_of("rockets")


def test_heads_are_told_by_label_field_or_alias() -> None:
    column = SheetColumn(label="MobileNumber", field="mobile", aliases=("Cell phone",))
    layout = Layout("x", "X", (column,))
    for head in (
        "MobileNumber",
        "Mobile Number",
        "mobile-number*",
        "MOBILE",
        " cell  phone ",
        "\ufeffmobile",
    ):
        assert layout.field_of(head) == "mobile", head
    assert layout.field_of("Telephone") is None
    assert plain_head("") == ""


def test_the_layout_of_a_declaration() -> None:
    layout = layout_of(MAC_ENTRY)
    assert layout.heads == ("MAC", "Model", "Note", "Office", "UID")
    assert layout.by_field["mac"].needed
    assert "At most 32 characters." in layout.by_field["model"].note
    kinds = layout_of(CREDENTIAL).by_field["kind"].choices
    assert kinds[:2] == ("pin", "card")
