"""Files as people have them: encodings, delimiters, numbers, limits, and what is no sheet."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import DataError, GatewrightError, UserError
from core.sheets.read import Limits, NumberText, read_table
from core.sheets.text import decode, parse

ROWS = [["Name", "Place"], ["Zoë Müller", "Łódź; 2"]]


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def book(folder: Path, *rows: list[Any], name: str = "book.xlsx", top: int = 1) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for number, row in enumerate(rows, top):
        for place, value in enumerate(row, 1):
            sheet.cell(number, place, value)
    made.save(folder / name)
    return folder / name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = ["Name{0}Place", 'Zoë Müller{0}"Łódź; 2"']
    text = "\r\n".join(line.format(delimiter) for line in lines)
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    table = read_table(put(tmp_path, "people.csv", mark + text.encode(encoding)))
    assert table.rows == ROWS
    assert table.numbers == [1, 2]


def test_utf_16_without_a_mark(tmp_path: Path) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert read_table(put(tmp_path, "a.csv", "MAC\r\n0C11052A7F31".encode(encoding))).rows[1] == [
            "0C11052A7F31"
        ]


def test_the_code_page_of_old_spreadsheets_is_read_and_said(tmp_path: Path) -> None:
    table = read_table(put(tmp_path, "a.csv", "Name;Place\r\nZoë Müller;Cádiz € Sur".encode("cp1252")))
    assert table.rows[1] == ["Zoë Müller", "Cádiz € Sur"]
    assert "Windows-1252" in table.notes[0]
    assert read_table(put(tmp_path, "b.csv", b"Name;Place\nA;B")).notes == ()


def test_the_line_that_names_the_delimiter(tmp_path: Path) -> None:
    table = read_table(put(tmp_path, "a.csv", b"sep=|\nName|Place\na;b|c"))
    assert table.rows == [["Name", "Place"], ["a;b", "c"]]


def test_lines_of_a_text_file_and_blank_ones(tmp_path: Path) -> None:
    table = read_table(put(tmp_path, "macs.txt", b"\n0C:11:05:2A:7F:31\n   \n0C11052A7F32\n"))
    assert list(zip(table.numbers, table.rows, strict=True)) == [
        (2, ["0C:11:05:2A:7F:31"]),
        (4, ["0C11052A7F32"]),
    ]


def test_cells_of_a_workbook_read_as_people_see_them(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        ["Apt", "Price", "Yes", "Day", "Moment", "Big"],
        [101, 2.5, True, date(2026, 3, 1), datetime(2026, 3, 1, 9, 30), 12345678901234567890],  # noqa: DTZ001
        [" x ", None, False],
    )
    table = read_table(path)
    assert table.rows[1][:3] == ["101", "2.5", "yes"]
    assert table.rows[1][3].startswith("2026-03-01")
    assert table.rows[1][4] == "2026-03-01 09:30:00"
    assert table.rows[2][:3] == ["x", "", "no"]
    number, big = table.rows[1][0], table.rows[1][5]
    assert isinstance(number, NumberText)
    assert not number.rounded
    assert isinstance(big, NumberText)
    assert big.rounded


def test_row_numbers_are_those_of_the_sheet(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet["C4"], sheet["C7"] = "Head", "value"
    made.save(tmp_path / "b.xlsx")
    table = read_table(tmp_path / "b.xlsx")
    assert (table.numbers, table.rows, table.left) == ([4, 7], [["Head"], ["value"]], 3)


def test_hidden_and_empty_sheets_are_passed_over_and_further_ones_are_said(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    secret = made.create_sheet("secret")
    secret["A1"] = "no"
    secret.sheet_state = "hidden"
    for title in ("people", "more"):
        made.create_sheet(title)["A1"] = title
    made.save(tmp_path / "b.xlsx")
    table = read_table(tmp_path / "b.xlsx")
    assert table.rows == [["people"]]
    assert table.notes == ("Only the sheet 'people' was read; the file has 1 more.",)


def test_the_name_does_not_decide_what_a_file_is(tmp_path: Path) -> None:
    assert read_table(book(tmp_path, ["a"], name="list.xlsx").rename(tmp_path / "list.csv")).rows == [["a"]]
    assert read_table(put(tmp_path, "list.xls", b"a,b")).rows == [["a", "b"]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \r\n \n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "no sheet"),
        (bytes(range(256)) * 20, "no sheet"),
        (b"PK\x03\x04 this is no archive", "no sheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "no sheet"),
        (b"<html><table><tr><td>a</td></tr></table></html>", "web page"),
        (b'a,b\n"c,d\n', "quotation marks"),
    ],
)
def test_what_is_no_sheet_is_said_in_a_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read_table(put(tmp_path, "file.dat", data))
    assert "file.dat" in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_a_zip_without_a_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as packed:
        packed.writestr("hello.txt", "hello")
    with pytest.raises(DataError, match="no sheet"):
        read_table(tmp_path / "a.xlsx")


def test_a_file_that_is_not_there_or_not_ours(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(UserError, match="cannot be read"):
        read_table(tmp_path)


def test_limits(tmp_path: Path) -> None:
    lines = put(tmp_path, "a.csv", b"a\n" * 50)
    wide = put(tmp_path, "b.csv", b",".join([b"a"] * 300))
    with pytest.raises(UserError, match="more than 10 rows"):
        read_table(lines, limits=Limits(rows=10))
    with pytest.raises(UserError, match="MB"):
        read_table(lines, limits=Limits(size=20))
    with pytest.raises(DataError, match="300 columns"):
        read_table(wide)


def test_a_file_that_unfolds_into_too_much_is_not_unfolded(tmp_path: Path) -> None:
    path = book(tmp_path, ["a"])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/zeros.bin", bytes(30_000_000))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(DataError, match="unfolds into 30 MB"):
        read_table(path, limits=Limits(unpacked=10_000_000))


@pytest.mark.parametrize("cut", [100, 700, 2000, -300, -60, -22, -5])
def test_a_workbook_that_is_cut_off(tmp_path: Path, cut: int) -> None:
    whole = book(tmp_path, *[["a", n, f"text {n}"] for n in range(50)]).read_bytes()
    with pytest.raises(DataError, match="no sheet"):
        read_table(put(tmp_path, "cut.xlsx", whole[:cut]))


def test_a_workbook_with_flipped_bytes_is_read_or_refused(tmp_path: Path) -> None:
    whole = bytearray(book(tmp_path, *[["a", n] for n in range(50)]).read_bytes())
    refused = 0
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        try:
            read_table(put(tmp_path, "broken.xlsx", bytes(broken)))
        except GatewrightError as fault:
            assert "broken.xlsx" in fault.message  # noqa: PT017  either outcome is right
            refused += 1
    assert refused > 0


@given(st.binary(max_size=400))
def test_any_bytes_are_text_or_a_sentence(data: bytes) -> None:
    try:
        text, (encoding, *_) = decode(data, "x.csv")
    except DataError as fault:
        assert "no sheet" in fault.message  # noqa: PT017  either outcome is right
        return
    assert data.decode(encoding).removeprefix("\ufeff") == text


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_text_gives_records_or_a_sentence(text: str) -> None:
    try:
        records = list(parse(text, "x.csv"))
    except DataError as fault:
        assert fault.remedy  # noqa: PT017  either outcome is right
        return
    assert all(isinstance(cell, str) for record in records for cell in record)


CELL = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12
)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8), st.sampled_from(",;\t|"))
def test_what_a_spreadsheet_writes_as_csv_is_read_back(rows: list[list[str]], delimiter: str) -> None:
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    text = "\r\n".join(delimiter.join(row) for row in quoted) + "\r\n"
    assert list(parse(text, "x.csv")) == rows
