"""TPL-07, CRED-03: faces by zip; TPL-12: every template can be downloaded empty."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.base.errors import DataError, UserError
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.record import AUDIT_ENTRY
from core.sheets.kinds import KINDS
from core.sheets.read import read_table
from core.usecases import files, imports
from core.usecases.imports import ImportPlan
from core.usecases.undo import undo
from tests.codes import stands_in
from tests.core.usecases.conftest import Desk

JPEG = b"\xff\xd8\xff\xe0" + b"0" * 64


def packed(folder: Path, members: Mapping[str, bytes]) -> Path:
    path = folder / "faces.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


async def planned(desk: Desk, path: Path) -> ImportPlan:
    return await imports.plan(desk.ctx, path=path, kind="faces", site_id=desk.site.id)


async def test_tpl_07_a_face_comes_to_whom_its_name_says(desk: Desk, tmp_path: Path) -> None:
    path = packed(
        tmp_path,
        {
            "photos/Building A+101+Ada Byron.jpg": JPEG,
            "Building A+101+Nobody.jpg": JPEG + b"1",
            "IMG_0001.jpg": JPEG + b"2",
            "Building A+101+Ada byron.png": b"\x89PNG",
            "__MACOSX/._x": b"",
            "Thumbs.db": b"",
        },
    )
    plan = await planned(desk, path)
    assert [row.verdict.value for row in plan.rows] == ["changed", "refused", "refused", "refused"]
    reasons = [[f.reason for f in row.faults] for row in plan.rows]
    assert reasons[1] == ["User is no resident of the apartment."]
    assert reasons[2] == ["The photo is not named Building+Apartment+User.jpg."]
    assert reasons[3] == ["The same person stands in row 2.", "The photo is no JPEG."]

    receipt = await imports.apply(desk.ctx, plan)
    [face] = await desk.read(CREDENTIAL, kind=CredentialKind.FACE)
    assert (face.person_id, face.made_by) == (desk.ada.id, "Tor Ostby")
    assert face.blob is not None
    assert bytes_at(desk.ctx.blobs.path(face.blob)) == JPEG
    assert next(r.verdict.value for r in (await planned(desk, path)).rows) == "unchanged"
    assert (await undo(desk.ctx, receipt.undo_id)).cannot == ()
    assert await desk.read(CREDENTIAL, kind=CredentialKind.FACE) == []


def bytes_at(path: Path) -> bytes:
    return path.read_bytes()


async def test_refused_photos_come_back_under_their_mended_names(desk: Desk, tmp_path: Path) -> None:
    path = packed(tmp_path, {"Building A+101+Adah Byron.jpg": JPEG, "Building X+1+Bo Roe.jpg": JPEG})
    plan = await planned(desk, path)
    assert plan.faulty == 2
    plan = await imports.fix(desk.ctx, plan, row=2, column="user", text="Ada Byron")
    assert (plan.changed, plan.faulty) == (1, 1)
    back = tmp_path / "back.zip"
    assert await imports.rejects(desk.ctx, plan, back) == 1
    again = await planned(desk, back)
    assert [row.cells[3] for row in again.rows] == ["Building X+1+Bo Roe.jpg"]


async def test_a_zip_that_was_changed_after_the_check_writes_nothing(desk: Desk, tmp_path: Path) -> None:
    plan = await planned(desk, packed(tmp_path, {"Building A+101+Ada Byron.jpg": JPEG}))
    packed(tmp_path, {"Building A+101+Ada Byron.jpg": JPEG + b"other"})
    with pytest.raises(UserError, match="changed after it was checked"):
        await imports.apply(desk.ctx, plan)
    assert await desk.read(CREDENTIAL, kind=CredentialKind.FACE) == []


async def test_what_is_no_zip_says_so(desk: Desk, tmp_path: Path) -> None:
    write_text(tmp_path / "faces.zip")
    with pytest.raises(DataError, match="is no zip"):
        await planned(desk, tmp_path / "faces.zip")


def write_text(path: Path) -> None:
    path.write_text("no zip")


@pytest.mark.parametrize("name", files.templates())
async def test_tpl_12_every_template_is_there_empty(desk: Desk, tmp_path: Path, name: str) -> None:
    kind = "residents" if name == files.BATCH_EDIT else name
    path = tmp_path / f"{name}{KINDS[kind].layout.suffix}"
    await files.save_template(desk.ctx, name, path, site_id=desk.site.id)
    if name == "faces":
        with pytest.raises(DataError, match="no photo"):
            await planned(desk, path)
        return
    heads = read_table(path).rows[0]
    assert tuple(heads) == KINDS[kind].layout.heads


async def test_tpl_12_the_templates_that_the_sources_name_are_among_them() -> None:
    wanted = {"residents", files.BATCH_EDIT, "faces", "cards_pins", "staff_cards", "office_users", "macs"}
    assert wanted <= set(files.templates())


async def test_an_export_with_codes_is_audited(desk: Desk, tmp_path: Path) -> None:
    await files.export_file(desk.ctx, "residents", tmp_path / "a.csv", site_id=desk.site.id)
    assert not stands_in("4711", bytes_at(tmp_path / "a.csv").decode())
    await files.export_file(
        desk.ctx, "residents", tmp_path / "b.csv", site_id=desk.site.id, show_secrets=True
    )
    assert ",4711," in bytes_at(tmp_path / "b.csv").decode()
    found = await desk.read(AUDIT_ENTRY, op="export codes")
    assert [e.act for e in found] == ["Export residents with codes"]
