"""What a person says about a file before or while it is imported: how it is read where it could be read in two ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.entities.person import Identity
from core.rules.cards import Notation


class Decision(StrEnum):
    """What a person says about one row."""

    ONE = "one person"
    """The row is about the person who is here already and looks like it."""
    TWO = "two people"
    """The row is about somebody new, however alike."""
    SKIP = "skip"
    """The row is not to be imported; it goes to the rejects file."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is read. Nothing is guessed: without an answer the row is refused and says what is asked.

    `cards`: the notation of all cards in the file; None takes them as hexadecimal, as the product keeps them (CRED-02).
    `staff_is`: which identity an office user's word 'staff' means; 'personnel' is the other one (TPL-11).
    `fee_accepted`: members beyond the free ones may cost the fee (RES-06).
    `no_access`: why this person may not set up residents' access (GRP-05); empty when it may.
    `org_id`: whose MAC library devices come from. `manager`: a property manager imports, not an installer (SITE-26).
    `decisions`: by row number. `page`: the code page of a text, by Python's name; empty for what its bytes tell.
    """

    cards: Notation | None = None
    staff_is: Identity = Identity.BASIC
    fee_accepted: bool = False
    no_access: str = ""
    org_id: str = ""
    manager: bool = False
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    page: str = ""
