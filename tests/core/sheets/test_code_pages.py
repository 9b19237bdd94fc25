# ruff: noqa: RUF001  letters of other scripts are what is tested
"""Files in old code pages: TPL-08 (files as users have them, nothing guessed)."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.errors import UserError
from core.sheets.code_pages import NAMES, code_pages
from core.sheets.read import read_table

TEXTS = (
    ("cp1252", "Name;Ort\nZoë Müller;Cádiz\nJürgen Größe;Besançon\nPeña;Malmö"),
    ("cp1252", "Søren;Åkesson\nBjørn;Ærø"),
    ("cp1252", "João;Conceição"),
    ("cp1250", "Imię;Nazwisko\nŁukasz;Woźniak\nMałgorzata;Kwaśniewska\nJiří;Dvořák"),
    ("cp1250", "Đorđević;Šimić\nČović;Ana"),
    ("cp1254", "Ayşe;Yılmaz\nGökhan;Şahin\nÇağlar;İnce"),
    ("cp1257", "Jonas;Šimkus\nGabrielė;Jankauskaitė\nŽygimantas;Ąžuolas"),
    ("cp1251", "Имя;Фамилия\nПётр;Чайковский\nАнна;Каренина"),
    ("cp1251", "Олександр;Ковальчук\nЄва;Їжак"),
    ("koi8_u", "Имя;Фамилия\nПетр;Чайковский\nАнна;Каренина"),
    ("cp1253", "Όνομα;Επώνυμο\nΓιώργος;Παπαδόπουλος\nΕλένη;Νικολάου"),
    ("cp1255", "שם;משפחה\nדוד;כהן\nרחל;לוי"),
    ("cp1256", "اسم;عائلة\nمحمد;حسين\nفاطمة;أحمد"),
    ("cp932", "なまえ;みょうじ\nさくら;たなか\nケンジ;スズキ"),
    ("cp932", "氏名;部屋\n佐藤 太郎;101\n鈴木 花子;102\n渡辺 健一;103"),
    ("cp949", "이름;성\n민준;김\n서연;이"),
    ("big5", "姓名;門牌\n陳志明;101\n林美玲;102\n黃建國;103"),
    ("gb18030", "姓名;房间\n王伟;101\n李娜;102\n诸葛亮;103"),
    ("gb18030", "欧阳;修\n上官;婉儿"),
)


@pytest.mark.parametrize(("page", "text"), TEXTS, ids=[f"{page} {text[:6]!r}" for page, text in TEXTS])
def test_tpl_08_a_text_tells_its_code_page(page: str, text: str, tmp_path: Path) -> None:
    data = text.encode(page)
    assert code_pages(data) == (page,)
    path = tmp_path / "people.csv"
    path.write_bytes(data)
    table = read_table(path)
    assert [";".join(row) for row in table.rows] == text.split("\n")
    assert table.notes == (f"Read as {NAMES[page]}; look at accented letters.",)
    assert table.pages == ()


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("cp1252", "François;Lefèvre"),  # è is a letter of the Baltic page too
        ("cp1254", "Işık;Doğan"),  # Icelandic otherwise
        ("cp1250", "Paweł;Kowal"),  # a small three otherwise
    ],
)
def test_tpl_08_bytes_that_do_not_tell_are_asked_about(page: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode(page))
    table = read_table(path)
    assert page in table.pages
    assert len(table.pages) > 1
    assert "Say which it is before it is applied." in table.notes[0]
    said = read_table(path, page=page)
    assert [";".join(row) for row in said.rows] == [text]
    assert said.pages == ()


def test_the_question_shows_a_word_as_each_page_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("Işık;Doğan".encode("cp1254"))
    [note] = read_table(path).notes
    assert "Işık" in note or "Doğan" in note


def test_a_page_that_cannot_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("Zoë;Müller".encode("cp1252"))
    with pytest.raises(UserError, match="cannot be read as Big5"):
        read_table(path, page="big5")


@pytest.mark.parametrize("text", ["Caf\xe9;Nice", "50 \xb0C;x", "\xa9 2026;ACME"])
def test_few_letters_with_marks_are_western(text: str) -> None:
    assert code_pages(text.encode("cp1252")) == ("cp1252",)


def test_bytes_of_nothing_in_particular_are_western() -> None:
    assert code_pages(bytes(range(128, 256))) == ("cp1252",)
