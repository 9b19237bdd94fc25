"""The office's file of users and devices (TPL-04, TPL-05, TPL-10, TPL-11): one layout, begun as either of two kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from core.base.errors import UserError
from core.entities.device import DEVICE, Device
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.place import DEPARTMENT
from core.entities.site import SITE, CallType, SiteKind
from core.sheets.each import write_each
from core.sheets.layout import Layout, SheetColumn
from core.sheets.makers import DeviceWish, Makers
from core.sheets.office_book import OfficeBook, OfficeWork, plan_of
from core.sheets.office_words import CALL_WORDS, DEVICE_CODES, DEVICES_CODES, USERS_CODES
from core.sheets.people import told_of
from core.sheets.rows import Fault, Grid, RowPlan
from core.store.reader import Reader
from core.store.tx import Tx

_COLUMNS = (
    SheetColumn(
        label="Department",
        field="department",
        aliases=("Dept",),
        needed=True,
        example="Sales",
        note="At most 128 characters; as at the office.",
    ),
    SheetColumn(
        label="Device",
        field="device",
        aliases=("Devices",),
        example="Gate2,0,0C11050B9814",
        note="name,type,MAC; several with ';'. Types: 0 multi-tenant and 1 single-tenant door phone, 2 indoor monitor, "
        "3 guard phone, 50 access control. The MAC is in the office's MAC library.",
    ),
    SheetColumn(
        label="Identity",
        field="identity",
        aliases=("User type",),
        example="basic",
        choices=("basic", "advanced"),
        note="Staff and personnel are read too.",
    ),
    SheetColumn(label="First Name", field="first_name", aliases=("Given name",), example="Paul"),
    SheetColumn(label="Last Name", field="last_name", aliases=("Surname", "Family name"), example="Edward"),
    SheetColumn(
        label="ID", field="number", aliases=("ID number", "Employee ID"), example="1007", note="Unique."
    ),
    SheetColumn(label="Email", field="email", aliases=("E-mail", "Mail"), example="paul@example.com"),
    SheetColumn(
        label="Mobile Number",
        field="mobile",
        aliases=("Mobile", "MobileNumber"),
        example="600123123",
        note="Of the account only.",
    ),
    SheetColumn(
        label="Telephone Calling Code",
        field="calling_code",
        aliases=("TelephoneCallingCode", "Calling code"),
        example="34",
    ),
    SheetColumn(
        label="Intercom Feature",
        field="app",
        aliases=("SmartPlus Intercom Feature", "App"),
        example="1",
        choices=("0", "1"),
        note="1 on, 0 off.",
    ),
    SheetColumn(label="Phone", field="phone", aliases=("Landline",), note="Rings at calls."),
    SheetColumn(label="Call Type", field="call_type", aliases=("Calltype",), example="0"),
)

USERS = Layout("office_users", "Office users", _COLUMNS)
DEVICES = Layout("office_devices", "Office devices", _COLUMNS)


class OfficeFile:
    """The kinds `office_users` and `office_devices`, which differ in the codes of call types. `into` is the site."""

    def __init__(self, layout: Layout, codes: dict[str, CallType]) -> None:
        self.layout = layout
        self._codes = codes

    def plan(self, reader: Reader, grid: Grid, into: str) -> list[RowPlan]:
        """See `Kind.plan`. UserError when the site is no office."""
        site = reader.require(SITE, into)
        if site.kind is not SiteKind.OFFICE:
            raise UserError("sheet.office", f"Files of this kind belong to an office; '{site.name}' is none.")
        book = OfficeBook(reader, into, grid, self._codes)
        return [plan_of(grid, book.settle(index)) for index in range(len(grid.rows))]

    def apply(self, tx: Tx, rows: Sequence[RowPlan], into: str, makers: Makers) -> Mapping[int, Fault]:
        """See `Kind.apply`."""
        return write_each(tx, rows, lambda work: _write(tx, work, into, makers))

    def export(self, reader: Reader, into: str, *, show_secrets: bool) -> Iterator[Sequence[str]]:
        """See `Kind.export`."""
        del show_secrets
        departments = {d.id: d.name for d in reader.find(DEPARTMENT, scope_id=into)}
        owned: dict[str, list[Device]] = {}
        for device in sorted(reader.find(DEVICE, site_id=into), key=lambda d: d.id):
            if device.department_id in departments:
                owned.setdefault(device.owner_id or "", []).append(device)
        people = reader.find(RESIDENT, scope_id=into, kind=PersonKind.OFFICE_USER)
        for person in sorted(people, key=lambda p: p.id):
            cells = self._cells(person, departments.get(person.department_id or "", ""))
            cells["device"] = _devices(owned.get(person.id, ()))
            yield self.layout.line(cells)
        for device in owned.get("", ()):
            cells = {
                "department": departments[device.department_id or ""],
                "device": _devices([device]),
            }
            yield self.layout.line(cells)

    def _cells(self, person: Resident, department: str) -> dict[str, str]:
        codes = {kind: code for code, kind in self._codes.items()}
        call = "" if person.call_type is CallType.MONITORS_ONLY else CALL_WORDS[person.call_type]
        return {
            "department": department,
            "identity": person.identity.value,
            **told_of(person),
            "number": person.number,
            "app": "1" if person.app_enabled else "0",
            "phone": person.phone_1,
            # A kind that this file has no code for is written in words, which are read in both.
            "call_type": codes.get(person.call_type, call),
        }


def _devices(devices: Sequence[Device]) -> str:
    codes = {kind: code for code, kind in DEVICE_CODES.items()}
    return ";".join(f"{d.name},{codes[d.kind]},{d.mac}" for d in devices)


def _write(tx: Tx, work: OfficeWork, into: str, makers: Makers) -> None:
    if work.new is not None and tx.get(RESIDENT, work.new.id) is None:
        tx.put(RESIDENT, work.new)
    if work.patch:
        tx.patch(RESIDENT, tx.require(RESIDENT, work.person_id), **work.patch)
    for line in work.devices:
        if line.here is not None:
            tx.patch(DEVICE, tx.require(DEVICE, line.here.id), name=line.name, kind=line.kind)
            continue
        if tx.first(DEVICE, mac=line.mac, site_id=into) is not None:
            continue  # written by an earlier run of the same plan
        wish = DeviceWish(
            site_id=into,
            org_id=work.org_id,
            mac=line.mac,
            name=line.name,
            kind=line.kind,
            department_id=work.department_id,
            owner_id=work.person_id or None,
        )
        makers.device(tx, wish)


USERS_FILE = OfficeFile(USERS, USERS_CODES)
DEVICES_FILE = OfficeFile(DEVICES, DEVICES_CODES)
