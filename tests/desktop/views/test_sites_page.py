"""The page Sites: every field of each kind, what is locked, new sites of the three kinds, areas, deleting a site."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from core.base.errors import DataError
from core.base.ids import new_id
from core.entities.organisation import Role
from core.entities.place import DEPARTMENT, PUBLIC_AREA
from core.entities.site import SITE, SiteKind
from core.usecases import generic
from core.usecases.sites import add_public_area
from desktop.models.site_form import blank_site, names_of, site_choices, site_draft
from desktop.views.site_report import make_report
from tests.desktop.fixtures_window import Opened, Scene, until

Stage = Callable[[Scene], None]
NOT_IN_A_FORM = {"org_id", "proof_key"}


def stands_at(opened: Opened, kind: SiteKind) -> bool:
    """Whether the chosen site is of this kind."""
    site = opened.desk.sites.site
    return site is not None and site.kind is kind


def test_every_field_of_a_site_stands_in_the_form_of_some_kind() -> None:
    shown = {name for kind in SiteKind for name in names_of(kind)}
    assert set(SITE.names) - shown == NOT_IN_A_FORM
    for kind in SiteKind:
        names = names_of(kind)
        assert len(names) == len(set(names)), kind


def test_what_a_kind_or_a_manager_cannot_change_is_locked() -> None:
    office = blank_site(SiteKind.OFFICE, "0" * 32, "Europe/Madrid")
    new, made = site_draft(office, Role.INSTALLER, new=True), site_draft(office, Role.INSTALLER)
    assert not new.fields["plan"].locked
    assert made.fields["plan"].locked
    assert made.fields["charge_mode"].locked
    manager = site_draft(blank_site(SiteKind.COMMUNITY, "0" * 32, ""), Role.MANAGER)
    assert manager.fields["pm_logs"].locked
    assert not manager.fields["street"].locked
    assert "Europe/Madrid" in {key for key, _ in site_choices()["time_zone"]}


def test_sites_of_the_three_kinds_are_made_changed_and_deleted(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("sites")
        for kind in SiteKind:
            page.do(f"new_{kind.value}")
            draft = page.forms.form.draft
            page.forms.save()
            assert draft.fault("name"), "nothing is saved without a name"
            draft.set_text("name", f"Quay {kind.value}")
            if kind is SiteKind.HOUSE:
                draft.set_text("owner_first", "Ada")
                draft.set_text("owner_last", "Byron")
                draft.set_text("room_name", "Ada's Home")
            page.forms.save()
            await until(partial(stands_at, opened, kind))
            await opened.settle()
        assert page.rows.shown == 5
        house = next(r.site for r in page.rows.all_rows() if r.site.kind is SiteKind.HOUSE)
        assert house.room_name == "Ada's Home"
        page.open_panel(next(r for r in page.rows.all_rows() if r.site.id == house.id))
        page.forms.form.draft.set_text("street", "Quay 7")
        page.forms.save()
        await until(lambda: any(r.site.street == "Quay 7" for r in page.rows.all_rows()))
        await opened.settle()

    stage(scene)


def test_areas_and_departments_are_listed_edited_and_removed(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        ctx, made = opened.desk.ctx, opened.made
        page = await opened.page("sites")
        await add_public_area(ctx, site_id=made.site.id, name="Garage", building_id=made.buildings[0].id)
        await generic.put_row(ctx, DEPARTMENT, {"site_id": made.site.id, "name": "Sales", "floors": "1;2"})
        await until(lambda: page.areas.shown == 2)
        lines = {x.row.name: x for x in page.areas.all_rows()}
        assert (lines["Garage"].where, lines["Sales"].floors) == ("Building A", "1, 2")
        page.half.which.set_current("areas")
        page._open_area(lines["Garage"])
        page.forms.form.draft.set_text("name", "Garage ramp")
        page.forms.save()
        await until(lambda: "Garage ramp" in {x.row.name for x in page.areas.all_rows()})
        await generic.remove_row(ctx, PUBLIC_AREA, lines["Garage"].row.id)
        await until(lambda: page.areas.shown == 1)
        await opened.settle()

    stage(scene)


def test_before_the_first_sync_a_new_site_waits_and_says_for_what(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("sites")
        assert page._no_firm() == ""
        me = opened.made.ctx.me
        opened.made.ctx.actor = replace(me, org_id=new_id())
        page.rows.reload()
        await until(lambda: not page.firm_here)
        await opened.settle()
        words = "Your firm's data are on their way: the first sync brings them."
        assert page.button("new").reason == words
        page.do("new_house")
        assert page.forms.form is None
        opened.made.ctx.actor = me
        page.rows.reload()
        await until(lambda: page.firm_here)
        await opened.settle()
        assert page.button("new").reason == ""

    stage(scene)


def test_the_hand_over_report_of_the_chosen_site_is_written_or_says_why_not(
    stage: Stage, tmp_path: Path
) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("sites")
        assert page.button("report").reason == ""
        path = tmp_path / "Tamarind Court.pdf"
        assert await make_report(opened.desk, opened.made.site.id, path) == path
        assert path.read_bytes().startswith(b"%PDF-")
        notice = opened.desk.notices.notices()[0]
        assert notice.title == "Tamarind Court.pdf is written"
        assert "items proved" in notice.text
        with pytest.raises(DataError, match="cannot be written"):
            await make_report(opened.desk, opened.made.site.id, tmp_path / "none" / "x.pdf")

    stage(scene)
