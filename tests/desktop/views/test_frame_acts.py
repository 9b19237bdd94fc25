"""The frame: what is done from everywhere, notices, the search for anything, and undo."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.entities.credential import CredentialKind
from core.entities.person import RESIDENT
from core.usecases import generic
from core.usecases.people import add_credential
from core.usecases.turnover import move_out
from desktop.models.finder import find_anything
from desktop.models.notices import NoticeBook
from desktop.qt.theme import theme as current_theme
from tests.desktop.fixtures_window import Drive, Opened, Scene, until
from tests.desktop.furnish_window import Furnished

Stage = Callable[[Scene], None]


def test_anything_is_found_by_name_unit_mac_phone_plate_and_card_tail(
    drive: Drive[None], furnished: Furnished
) -> None:
    async def work() -> None:
        ctx, site = furnished.ctx, furnished.site.id
        person = furnished.residents[0]
        await generic.put_row(ctx, RESIDENT, {"mobile": "+34 600-11 12 22"}, row_id=person.id)
        await add_credential(ctx, person_id=person.id, kind=CredentialKind.PLATE, code="4471KLD")
        await add_credential(ctx, person_id=person.id, kind=CredentialKind.CARD, code="00AB77C0FFEE")

        async def who(text: str) -> set[tuple[str, str]]:
            return {(f.page, f.target) for f in await find_anything(ctx, text, site)}

        wanted = ("residents", person.id)
        for text in ("castan mir", "60011122", "600 111-222", "4471 kld", "c0ffee", "C0 FF EE"):
            assert wanted in await who(text), text
        device = furnished.devices[0]
        mac = device.mac
        pairs = [mac[n : n + 2] for n in range(0, 12, 2)]
        for text in (mac, ":".join(pairs), "-".join(pairs).lower(), f"{mac[:4]}.{mac[4:8]}.{mac[8:]}"):
            assert ("devices", device.id) in await who(text), text
        assert ("sites", furnished.apartments[0].id) in await who(furnished.apartments[0].number)
        assert ("sites", site) in await who("tamarind")
        assert await who("3000") == set(), "a PIN is never found"

    drive(work())


def test_a_notice_is_kept_counted_and_leads_to_what_it_is_about(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        await opened.page("audit")
        device = opened.made.devices[0]
        before = opened.desk.notices.unread
        opened.desk.notice("refused", "Main entrance", "The door is held.", page="devices", target=device.id)
        assert opened.desk.notices.unread == before + 1
        toast = opened.window.toasts.toasts()[-1]
        assert "The door is held." in toast.accessibleName()
        QTest.keyClick(opened.window, Qt.Key.Key_F8)
        centre = opened.frame.notices
        assert centre.isVisible()
        assert opened.desk.notices.unread == 0
        centre.list.setCurrentIndex(centre.list.model().index(0, 0))
        QTest.keyClick(centre.list, Qt.Key.Key_Return)
        assert not centre.isVisible()
        await until(lambda: opened.frame.nav.here == "devices")

    stage(scene)


def test_a_move_out_is_taken_back_and_done_again_by_keys(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        await opened.page("audit")
        gone = opened.made.residents[0]
        await move_out(opened.desk.ctx, person=gone.id)
        await until(lambda: opened.desk.undoing.back is not None)
        acts = {act.key: act for act in opened.window.acts.acts()}
        assert acts["undo"].text.startswith("Undo: ")
        assert acts["redo"].reason()
        QTest.keyClick(opened.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: opened.desk.undoing.again is not None)
        assert opened.desk.undoing.again_words.startswith("Redo: ")
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        QTest.keyClick(opened.window, Qt.Key.Key_Z, both)
        await until(lambda: opened.desk.undoing.again is None)
        assert opened.desk.undoing.back is not None
        await opened.settle()

    stage(scene)


def test_every_act_has_its_key_in_the_palette_and_the_look_changes_by_key(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        await opened.page("lan")
        glue = opened.window.palette_glue
        assert glue is not None
        QTest.keyClick(opened.window, Qt.Key.Key_Question)
        assert glue.palette.isVisible()
        shown = glue.palette.box.shown()
        assert {"act:sweep", "window:undo", "window:theme_contrast", "window:rows"} <= set(shown)
        glue.palette.close_palette()
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        seen = []
        for _ in range(4):
            QTest.keyClick(opened.window, Qt.Key.Key_D, both)
            seen.append(opened.desk.preferences.text("theme"))
        assert seen == ["light", "dark", "contrast", "system"]
        before = current_theme().px(1), current_theme().density
        QTest.keyClick(opened.window, Qt.Key.Key_R, both)
        assert current_theme().density != before[1]
        QTest.keyClick(opened.window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
        await until(lambda: opened.frame.nav.here == opened.frame.page_keys()[1])
        await opened.settle()

    stage(scene)


def test_the_notice_book_forgets_the_oldest_of_many(furnished: Furnished) -> None:
    book = NoticeBook(furnished.ctx.clock.now)
    for number in range(250):
        book.add("accepted" if number % 2 else "refused", f"Notice {number}")
    assert (len(book.notices()), book.unread) == (200, 200)
    assert book.notices()[0].title == "Notice 249"
    assert all(n.verdict == "refused" for n in book.notices(only_needs=True))
    book.clear()
    assert (book.rows(), book.unread) == ([], 0)
