"""Faces: a zip of `Building+Apartment+User.jpg` (TPL-07, CRED-03)."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.base.errors import DataError, UserError
from core.base.ids import new_id
from core.base.words import clean
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.person import RESIDENT
from core.sheets.each import write_each
from core.sheets.layout import Layout, SheetColumn
from core.sheets.makers import Makers
from core.sheets.people import residents_of
from core.sheets.person_finder import PersonFinder
from core.sheets.places import Places
from core.sheets.read import Table
from core.sheets.rows import Change, Fault, Grid, RowPlan, RowVerdict
from core.sheets.write import replaced
from core.store.reader import Reader
from core.store.tx import Tx

LARGEST = 10 << 20
"""Bytes of one photo."""
MOST = 20_000
_UNPACKED = 4 << 30
_PARTS = 3
NOTES_FILE = "Read me.txt"
_NO_PHOTOS = ("__MACOSX/", "Thumbs.db", ".DS_Store", NOTES_FILE, "Reasons.xlsx")
"""What other programs, and our own template and rejects, put into a zip."""

_NOTES = """Photos for Gatewright
Put one photo of each person into this zip and name it by building, apartment and user, with a plus sign between:

    Building1+1001+Paul Edward.jpg

Building, apartment and name as they stand at the site. JPEG only, one face a photo, at most 10 MB.
"""

LAYOUT = Layout(
    "faces",
    "Faces",
    (
        SheetColumn(label="Building", field="building", needed=True, example="Building1"),
        SheetColumn(label="Apt", field="apartment", aliases=("Apartment",), needed=True, example="1001"),
        SheetColumn(
            label="User", field="user", needed=True, example="Paul Edward", note="First and last name."
        ),
        SheetColumn(label="Photo", field="photo", needed=True, example="Building1+1001+Paul Edward.jpg"),
        SheetColumn(label="Digest", field="digest", needed=True, note="Of the photo; made when it is read."),
    ),
    suffix=".zip",
)


@dataclass(frozen=True, slots=True)
class _Work:
    """One photo of one person."""

    person_id: str
    sha256: str
    photo: str
    old: Credential | None


def read_faces(path: Path) -> Table:
    """The photos of a zip as a table: building, apartment, user, name in the zip, digest (empty: no JPEG).

    UserError when it cannot be read or is too big, DataError when it is no zip.
    """
    try:
        packed = zipfile.ZipFile(path)
    except OSError as fault:
        raise UserError("file.unreadable", f"The file {path} cannot be read: {fault.strerror}.") from fault
    except zipfile.BadZipFile as fault:
        words = f"'{path.name}' is no zip, or it is damaged."
        raise DataError("faces.no_zip", words, remedy="Pack the photos into a zip.") from fault
    with packed:
        members = [m for m in packed.infolist() if not m.is_dir() and not _aside(m.filename)]
        if sum(m.file_size for m in members) > _UNPACKED or len(members) > MOST:
            raise UserError("faces.too_big", f"'{path.name}' holds too much.", remedy="Split it.")
        if not members:
            raise DataError("sheet.empty", f"'{path.name}' holds no photo.")
        rows = [list(LAYOUT.heads), *(_row(packed, member) for member in members)]
    return Table(path.name, list(range(1, len(rows) + 1)), rows)


def _aside(name: str) -> bool:
    return name.startswith(_NO_PHOTOS[0]) or PurePosixPath(name).name in _NO_PHOTOS[1:]


def _row(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> list[str]:
    name = PurePosixPath(_name(member).replace("\\", "/")).name
    stem = name.rpartition(".")[0] or name
    parts = [part.strip() for part in stem.split("+")]
    # A building or a name may have a plus itself; then nobody can tell which one parts them.
    named = parts if len(parts) == _PARTS else ["", "", ""]
    return [*named, member.filename, _digest(packed, member)]


def _name(member: zipfile.ZipInfo) -> str:
    """The name of a member; programs that write UTF-8 without saying so are read rightly too."""
    if member.flag_bits & 0x800 or member.filename.isascii():
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return member.filename


def _digest(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    if member.file_size > LARGEST:
        return "too big"
    try:
        data = packed.read(member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        return ""
    return hashlib.sha256(data).hexdigest() if data[:3] == b"\xff\xd8\xff" else ""


def photo_of(path: Path, name: str, sha256: str) -> bytes:
    """One photo of a zip; UserError when the zip was changed since it was read."""
    try:
        with zipfile.ZipFile(path) as packed:
            data = packed.read(name)
    except (OSError, KeyError, zipfile.BadZipFile) as fault:
        raise _changed(path) from fault
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _changed(path)
    return data


def _changed(path: Path) -> UserError:
    return UserError(
        "faces.changed", f"'{path.name}' was changed after it was checked.", remedy="Check it again."
    )


def write_zip(path: Path, source: Path | None, names: Mapping[str, str], more: Mapping[str, bytes]) -> None:
    """Write photos of a zip under other names (old -> new) with further files into another zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for name, text in more.items():
            packed.writestr(name, text)
        if source is not None:
            with zipfile.ZipFile(source) as old:
                for name, new in names.items():
                    packed.writestr(new, old.read(name))
    with replaced(path) as part:
        part.write_bytes(data.getvalue())


def template_notes() -> dict[str, bytes]:
    """What the empty zip for photos holds (TPL-12)."""
    return {NOTES_FILE: _NOTES.encode()}


class FaceFile:
    """The kind `faces`. `into` is the site. Photos are kept by the caller before rows are written."""

    layout = LAYOUT

    def plan(self, reader: Reader, grid: Grid, into: str) -> list[RowPlan]:
        """See `Kind.plan`."""
        finder = PersonFinder(Places(reader, into), residents_of(reader, into))
        faces: dict[str, Credential] = {}
        for one in reader.find(CREDENTIAL, scope_id=into, kind=CredentialKind.FACE):
            faces.setdefault(one.person_id, one)
        return [self._row(grid, index, finder, faces) for index in range(len(grid.rows))]

    def _row(self, grid: Grid, index: int, finder: PersonFinder, faces: Mapping[str, Credential]) -> RowPlan:
        building, apartment, user, photo, digest = (*grid.rows[index], *[""] * 5)[:5]
        number, cells = grid.numbers[index], grid.rows[index]
        if not (building or apartment or user):
            words = "The photo is not named Building+Apartment+User.jpg."
            person, faults = None, [grid.fault(index, "photo", "name", words)]
        else:
            person, faults = finder.find(grid, index, building, apartment, user)
        if len(digest) != 64:
            words = "The photo has more than 10 MB." if digest else "The photo is no JPEG."
            faults.append(grid.fault(index, "photo", "photo", words))
        if grid.options.no_access:
            faults.append(grid.fault(index, "user", "access.off", grid.options.no_access))
        if person is None or faults:
            title = clean(user or photo, limit=80)
            return RowPlan(number, cells, RowVerdict.REFUSED, title, tuple(faults))
        old = faces.get(person.id)
        same = old is not None and old.blob == digest
        changes = () if same else (Change("Face", "enrolled" if old else "", "enrolled"),)
        verdict = RowVerdict.UNCHANGED if same else RowVerdict.CHANGED
        work = _Work(person.id, digest, photo, old)
        return RowPlan(number, cells, verdict, RESIDENT.name_of(person), (), changes, work)

    def apply(self, tx: Tx, rows: Sequence[RowPlan], into: str, makers: Makers) -> Mapping[int, Fault]:
        """See `Kind.apply`."""
        del makers
        return write_each(tx, rows, lambda work: _write(tx, work, into))

    def export(self, reader: Reader, into: str, *, show_secrets: bool) -> Iterator[Sequence[str]]:
        """See `Kind.export`: who has a photo; the photos themselves stay where they are."""
        del show_secrets
        places = Places(reader, into)
        found = {c.person_id: c for c in reader.find(CREDENTIAL, scope_id=into, kind=CredentialKind.FACE)}
        for person in residents_of(reader, into):
            if person.id in found:
                building, number = places.words(person.apartment_id)
                name = RESIDENT.name_of(person)
                photo = f"{building}+{number}+{name}.jpg"
                yield (building, number, name, photo, found[person.id].blob or "")


def _write(tx: Tx, work: _Work, into: str) -> None:
    tx.require(RESIDENT, work.person_id)
    made = {"made_by": tx.author.name, "made_at": tx.now}
    if work.old is not None:
        tx.patch(CREDENTIAL, work.old, blob=work.sha256, **made)
        return
    present = tx.find(CREDENTIAL, person_id=work.person_id, kind=CredentialKind.FACE)
    if any(one.blob == work.sha256 for one in present):
        return  # written by an earlier run of the same plan
    row = Credential(
        id=new_id(),
        scope_id=into,
        person_id=work.person_id,
        kind=CredentialKind.FACE,
        blob=work.sha256,
        made_by=tx.author.name,
        made_at=tx.now,
    )
    tx.put(CREDENTIAL, row)
