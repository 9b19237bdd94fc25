"""How a card number that somebody types or reads out may be meant; nothing is guessed (CRED-02)."""

from __future__ import annotations

from dataclasses import dataclass

from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.person import RESIDENT
from core.rules.cards import Notation, candidates, convert, one_reading, widths_of
from core.rules.explain import name_of
from core.store.reader import Reader
from core.usecases.context import Context, Permission
from core.usecases.people import add_credential


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a text. `holder`: whose card that is at the site; empty when nobody's."""

    notation: Notation
    plain: str
    holder: str = ""


async def card_readings(ctx: Context, site_id: str, text: str) -> list[Reading]:
    """Every reading of a text, the most literal first, with who has such a card at the site already.

    A reading that is somebody's tells how the site's cards are written. Empty for what is no card number.
    """
    ctx.require(Permission.EDIT_PEOPLE)

    def work(reader: Reader) -> list[Reading]:
        return [
            Reading(one.notation, one.plain, _holder(reader, site_id, one.plain)) for one in candidates(text)
        ]

    return await ctx.mirror.read(work)


def _holder(reader: Reader, site_id: str, plain: str) -> str:
    for card in reader.find_in(CREDENTIAL, "code", widths_of(plain)):
        if card.scope_id == site_id and card.kind in {CredentialKind.CARD, CredentialKind.UHF}:
            person = reader.get(RESIDENT, card.person_id)
            return name_of(person) if person else ""
    return ""


async def add_card(
    ctx: Context, *, person_id: str, text: str, notation: Notation | None = None
) -> Credential:
    """Give a person a card as it was typed or read out. Without a notation, UserError that lists the readings of a text
    that has more than one: digits alone may be hexadecimal or decimal, in either order.
    """
    ctx.require(Permission.EDIT_PEOPLE)
    return await add_credential(
        ctx, person_id=person_id, kind=CredentialKind.CARD, code=card_in(text, notation)
    )


def card_in(text: str, notation: Notation | None) -> str:
    """The plain number of a text in a notation. Without one, a text with a letter is hexadecimal as readers show it."""
    if notation is not None:
        return convert(text, notation)
    found = candidates(text)
    if found and not found[0].plain.isdigit() and found[0].notation is Notation.HEX:
        return found[0].plain
    return one_reading(text)
