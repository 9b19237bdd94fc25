"""The file of residents with its 21 columns (TPL-01): new people, and batch edits by UID."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from core.entities.credential import CredentialKind
from core.entities.person import AccountType
from core.entities.site import SITE
from core.rules.sign_in_info import needs_new_sign_in
from core.sheets.codes import ENROLLED, card_notes, code_columns, code_work, codes_at
from core.sheets.families import settle_masters, settle_members
from core.sheets.group_book import GroupBook
from core.sheets.layout import Layout, SheetColumn
from core.sheets.makers import Makers
from core.sheets.owners import Owners, code_faults
from core.sheets.people import Draft, residents_of, told_of
from core.sheets.person_book import PersonBook
from core.sheets.places import Places
from core.sheets.resident_rows import write_rows
from core.sheets.rows import Fault, Grid, PlanRows, RowPlan
from core.sheets.sure_rows import SureRows
from core.store.reader import Reader
from core.store.tx import Tx

LAYOUT = Layout(
    "residents",
    "Residents",
    (
        SheetColumn(
            label="Building",
            field="building",
            needed=True,
            example="Building A",
            note="At most 128 characters.",
        ),
        SheetColumn(
            label="Accessible Floors",
            field="floors",
            aliases=("Floors",),
            example="1;2",
            note="-10 to 128, G0, G1, G2 or all; several with ';'.",
        ),
        SheetColumn(
            label="Apt",
            field="apartment",
            aliases=("Apartment", "Apartment number", "Apartment No", "Unit", "Flat", "Room"),
            needed=True,
            example="101",
        ),
        SheetColumn(label="Apt Name", field="apartment_name", aliases=("Apartment name",), example=""),
        SheetColumn(
            label="Account Type",
            field="account_type",
            needed=True,
            example="0",
            choices=("0", "1"),
            note="0 is the family master, 1 a member. A master comes before its members.",
        ),
        SheetColumn(
            label="First Name",
            field="first_name",
            aliases=("Given name", "Forename"),
            needed=True,
            example="Paul",
            note="At most 64 characters.",
        ),
        SheetColumn(
            label="Last Name",
            field="last_name",
            aliases=("Surname", "Family name"),
            needed=True,
            example="Edward",
            note="At most 64 characters.",
        ),
        SheetColumn(
            label="Email", field="email", aliases=("E-mail", "Mail"), example="paul.edward@example.com"
        ),
        SheetColumn(
            label="MobileNumber", field="mobile", aliases=("Mobile", "Cell phone"), example="600123123"
        ),
        SheetColumn(
            label="TelephoneCallingCode", field="calling_code", aliases=("Calling code",), example="34"
        ),
        SheetColumn(label="1stPhone", field="phone_1", aliases=("First phone", "Landline")),
        SheetColumn(label="2ndPhone", field="phone_2", aliases=("Second phone",)),
        SheetColumn(label="3rdPhone", field="phone_3", aliases=("Third phone",)),
        SheetColumn(
            label="RF Card",
            field="card",
            aliases=("Card", "RF Cards", "Cards"),
            secret=True,
            example="0A1B2C3D",
            note="1 to 16 characters of 0-9 and A-F; several with ';'.",
        ),
        SheetColumn(
            label="PIN",
            field="pin",
            aliases=("PIN code", "Private PIN"),
            secret=True,
            example="4711",
            note="2 to 8 digits, not beginning with 9.",
        ),
        SheetColumn(
            label="License Plate",
            field="plate",
            aliases=("Licence plate", "Plates", "Number plate"),
            secret=True,
            example="",
            note="Letters and digits; up to 5 with ';'.",
        ),
        SheetColumn(label="UHF Card", field="uhf", aliases=("UHF",), secret=True, note="Up to 5 with ';'."),
        SheetColumn(
            label="Fingerprint",
            field="fingerprint",
            note=f"'{ENROLLED}' where the reader has it; else empty.",
        ),
        SheetColumn(
            label="Access Group ID",
            field="groups",
            aliases=("Access groups", "Access Group IDs"),
            example="1001",
            note="Numbers of access groups of the site; several with ';'. Empty: the building's default group.",
        ),
        SheetColumn(
            label="Remark", field="remark", aliases=("Note",), example="", note="At most 255 characters."
        ),
        SheetColumn(
            label="UID", field="uid", example="", note="Empty for new people; from an export for changes."
        ),
    ),
)


class ResidentFile:
    """The kind `residents`. `into` is the site."""

    layout = LAYOUT

    def plan(self, reader: Reader, grid: Grid, into: str) -> Sequence[RowPlan]:
        """See `Kind.plan`."""
        book = PersonBook(reader, into)
        owners = Owners(reader, into)
        site = reader.require(SITE, into)
        sure = SureRows(grid, book, owners, site).plans()
        columns = {name: grid.column(name) for name in self.layout.by_field if name in grid.places}
        coded = code_columns(grid)
        drafts = []
        for index in range(len(grid.rows)) if len(sure) < len(grid.rows) else ():
            if (done := sure.get(index)) is not None:
                owners.take(done.work.codes, done.work.person_id, done.number, done.work.home.number)
                continue
            cells = {name: texts[index] for name, texts in columns.items() if texts[index]}
            draft = Draft(grid, index, cells)
            book.settle(draft)
            codes = codes_at(coded, index, grid.options.cards)
            draft.old_codes = owners.by_person.get(draft.person_id, [])
            draft.codes = code_work(draft.old_codes, codes, only_add=ONLY_MARKED)
            home = draft.apartment.number if draft.apartment else ""
            draft.faults += code_faults(grid, index, draft.codes, draft.person_id, owners, home=home)
            if not draft.faults:
                owners.take(draft.codes, draft.person_id, draft.number, home)
            drafts.append(draft)
        settle_masters(drafts, book.masters)
        settle_members(drafts, site, book.members, fee_accepted=grid.options.fee_accepted)
        grid.notes.extend((*card_notes(grid), *_notes(drafts, book)))
        judged = {draft.index: draft.plan() for draft in drafts}
        return PlanRows(grid, judged, sure)

    def apply(self, tx: Tx, rows: Sequence[RowPlan], into: str, makers: Makers) -> Mapping[int, Fault]:
        """See `Kind.apply`."""
        del makers
        return write_rows(tx, rows, into, self.layout)

    def export(self, reader: Reader, into: str, *, show_secrets: bool) -> Iterator[Sequence[str]]:
        """See `Kind.export`."""
        places, owners = Places(reader, into), Owners(reader, into)
        groups = GroupBook(reader, into)
        for person in residents_of(reader, into):
            building, number = places.words(person.apartment_id)
            apartment = places.apartments.get(person.apartment_id or "")
            filled = {
                "building": building,
                "floors": ";".join(person.floors),
                "apartment": number,
                "apartment_name": apartment.name if apartment else "",
                "account_type": "0" if person.account_type is AccountType.MASTER else "1",
                **told_of(person),
                "phone_1": person.phone_1,
                "phone_2": person.phone_2,
                "phone_3": person.phone_3,
                **owners.shown(person.id, show_secrets=show_secrets),
                "groups": groups.shown(person.id),
                "remark": person.remark,
                "uid": person.uid or person.id,
            }
            yield self.layout.line(filled)


ONLY_MARKED = frozenset({CredentialKind.FINGERPRINT})
"""What a file can add and never takes away: the print is in the reader."""


def _notes(drafts: list[Draft], book: PersonBook) -> list[str]:
    notes = []
    if book.strange_uids:
        notes.append(f"{book.strange_uids} rows have a UID that nobody here has; they were matched by name.")
    renewed = sum(
        1 for d in drafts if d.person and d.target and not d.faults and needs_new_sign_in(d.person, d.target)
    )
    if renewed:
        notes.append(
            f"{renewed} people get the app's sign-in with a new password, since their e-mail changes."
        )
    return notes
