"""The kinds of files that can be imported and exported, by name. A new kind is one module and one line here."""

from __future__ import annotations

from core.base.errors import UserError
from core.base.words import clean
from core.sheets.apartments import ApartmentFile
from core.sheets.cards_pins import CardPinFile
from core.sheets.crew import DELIVERY_FILE, STAFF_CARDS_FILE, STAFF_FILE
from core.sheets.faces import FaceFile
from core.sheets.kind import Kind
from core.sheets.macs import MacFile
from core.sheets.office import DEVICES_FILE, USERS_FILE
from core.sheets.residents import ResidentFile

_ALL: tuple[Kind, ...] = (
    ResidentFile(),
    CardPinFile(),
    FaceFile(),
    STAFF_CARDS_FILE,
    STAFF_FILE,
    DELIVERY_FILE,
    ApartmentFile(),
    USERS_FILE,
    DEVICES_FILE,
    MacFile(),
)

KINDS: dict[str, Kind] = {kind.layout.kind: kind for kind in _ALL}
"""In the order in which they are offered."""


def kind_of(name: str) -> Kind:
    """The kind of that name; UserError for an unknown one."""
    kind = KINDS.get(name)
    if kind is None:
        words = f"There is no kind of file called '{clean(name, limit=40)}'."
        raise UserError("sheet.kind", words, remedy=f"There are {', '.join(KINDS)}.")
    return kind
