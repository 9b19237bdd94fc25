"""What is kept for a person: drafts over a crash, saved views, columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from core.base.tasks import TaskOwner
from core.entities.person import RESIDENT
from core.entities.site import SITE
from core.store import syncmeta
from core.store.changes import Origin
from core.store.tx import Tx
from desktop.models.drafts import KEY, DraftKeeper
from desktop.models.preferences import Preferences
from desktop.models.record_draft import draft_of
from desktop.models.saved_views import SavedView, ViewBook
from tests.desktop.fixtures_window import Drive, Opened, Scene, until
from tests.desktop.furnish_window import Furnished

Stage = Callable[[Scene], None]


def note(tx: Tx, *, text: str) -> None:
    """What an earlier program left."""
    syncmeta.put(tx, KEY, text)


def test_what_was_typed_is_there_after_a_crash_and_gone_after_a_save(
    drive: Drive[None], furnished: Furnished
) -> None:
    async def kept() -> str | None:
        return await furnished.mirror.read(lambda r: syncmeta.get(r, KEY))

    async def work() -> None:
        tasks, site = TaskOwner(), furnished.site
        first = DraftKeeper(furnished.ctx, tasks)
        await first.restore()
        draft = first.draft("site:1", draft_of(SITE, site, ("name", "street")))
        draft.set_text("street", "Quay 7")
        await until(lambda: first._written != {}, what="a pause in typing keeps what was typed")
        # A crash: nobody flushes, nobody closes in order.
        second = DraftKeeper(furnished.ctx, tasks)
        await second.restore()
        assert second.kept == 1
        again = second.draft("site:1", draft_of(SITE, site, ("name", "street")))
        assert (again.text("street"), again.text("name"), again.dirty()) == ("Quay 7", site.name, ["street"])
        second.drafts.pop("site:1")
        await second.flush()
        assert await kept() is None
        first.close()
        second.close()
        await tasks.close()

    drive(work())


def test_a_damaged_note_and_fields_that_are_no_more_are_let_pass(
    drive: Drive[None], furnished: Furnished
) -> None:
    async def work() -> None:
        keeper = DraftKeeper(furnished.ctx, TaskOwner())
        for text in ("[1]", "{", '{"a": 1, "person:1": {"gone": "x", "remark": "late"}}'):
            await furnished.mirror.write(partial(note, text=text), origin=Origin.PULL)
            await keeper.restore()
        person = furnished.residents[0]
        draft = keeper.draft("person:1", draft_of(RESIDENT, person, ("first_name", "remark")))
        assert draft.changes() == {"remark": "late"}
        keeper.close()

    drive(work())


def test_views_and_columns_of_a_list_are_kept_and_applied(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices")
        pane = page.list.pane
        pane.listing.set_filter("building", "Building A")
        pane.listing.sort_by("name", descending=True)
        pane.views.toggle("mac")
        await opened.settle()
        shown = pane.listing.shown
        pane.views.book.save(pane.views.now("Building A by name"))
        pane.show_all()
        pane.views.show_all()
        await opened.settle()
        assert pane.listing.shown > shown
        book = ViewBook(opened.desk.preferences, "devices")
        [view] = book.views()
        pane.views.apply(view)
        await opened.settle()
        assert (pane.listing.shown, pane.views.hidden) == (shown, frozenset({"mac"}))
        number = next(n for n, c in enumerate(pane.listing.columns) if c.key == "mac")
        assert pane.table.isColumnHidden(number)
        assert pane.listing.columns[pane.listing.sorting[0]].key == "name"
        assert book.hidden() == ("mac",)
        book.remove(view.name)
        assert book.views() == []

    stage(scene)


def test_a_foreign_hand_in_the_settings_costs_the_view_and_nothing_else() -> None:
    preferences = Preferences()
    preferences.set(
        "views", {"devices": [{"name": 3}, "x", {"name": "a", "filters": {}, "hidden": []}], "macs": 1}
    )
    assert [v.name for v in ViewBook(preferences, "devices").views()] == ["a"]
    macs = ViewBook(preferences, "macs")
    assert macs.views() == []
    macs.save(SavedView("b", filters={"state": object(), "model": "R29"}))
    assert macs.views()[0].filters == {"model": "R29"}
    for number in range(30):
        macs.save(SavedView(f"v{number}"))
    assert len(macs.views()) == 20
