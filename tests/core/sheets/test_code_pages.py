# ruff: noqa: RUF001  letters of other scripts are what is tested
"""Files in old code pages: TPL-08 (files as users have them)."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.sheets.code_pages import NAMES, code_page
from core.sheets.read import read_table

TEXTS = {
    "cp1252": "Name;Ort\nZoë Müller;Cádiz\nJürgen Größe;Besançon\nPeña;Malmö",
    "cp1250": "Imię;Nazwisko\nŁukasz;Woźniak\nMałgorzata;Kwaśniewska\nJiří;Dvořák",
    "cp1251": "Имя;Фамилия\nПётр;Чайковский\nАнна;Каренина",
    "koi8_r": "Имя;Фамилия\nПетр;Чайковский\nАнна;Каренина",
    "cp1253": "Όνομα;Επώνυμο\nΓιώργος;Παπαδόπουλος\nΕλένη;Νικολάου",
    "cp1255": "שם;משפחה\nדוד;כהן\nרחל;לוי",
    "shift_jis": "なまえ;みょうじ\nさくら;たなか\nケンジ;スズキ",
    "euc_kr": "이름;성\n민준;김\n서연;이",
}


@pytest.mark.parametrize("page", sorted(TEXTS))
def test_tpl_08_a_text_tells_its_code_page(page: str, tmp_path: Path) -> None:
    data = TEXTS[page].encode(page)
    assert code_page(data) == page
    path = tmp_path / "people.csv"
    path.write_bytes(data)
    table = read_table(path)
    assert [";".join(row) for row in table.rows] == TEXTS[page].split("\n")
    assert table.notes == (f"Read as {NAMES[page]}; look at accented letters.",)


@pytest.mark.parametrize("text", ["Caf\xe9;Nice", "50 \xb0C;x", "a\xb3;b", "\xa9 2026;ACME"])
def test_few_letters_with_marks_are_western(text: str) -> None:
    assert code_page(text.encode("cp1252")) == "cp1252"


def test_bytes_of_nothing_in_particular_are_western() -> None:
    assert code_page(bytes(range(128, 256))) == "cp1252"
