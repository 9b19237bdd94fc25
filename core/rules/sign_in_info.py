"""Where the sign-in information of a person goes (RES-02, RES-05). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.entities.person import AccountType, Resident


class Channel(StrEnum):
    """How the information travels."""

    MAIL = "e-mail"
    MOBILE = "mobile"
    LATER = "later"
    """As soon as the master gets an address or a number."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to; `of` is whose address it is. `both` with MOBILE of a master: SIP number and password are sent."""

    channel: Channel
    address: str = ""
    of: AccountType = AccountType.MASTER
    both: bool = False


def sign_in_goes_to(person: Resident, master: Resident | None) -> Destination:
    """RES-02: own e-mail or mobile; else the master's e-mail; else the master's mobile; else later."""
    if person.email:
        return Destination(Channel.MAIL, person.email, person.account_type)
    if person.mobile:
        return Destination(Channel.MOBILE, f"{person.calling_code}{person.mobile}", person.account_type)
    if master is not None and master.email:
        return Destination(Channel.MAIL, master.email)
    if master is not None and master.mobile:
        return Destination(Channel.MOBILE, f"{master.calling_code}{master.mobile}", both=True)
    return Destination(Channel.LATER)


def needs_new_sign_in(before: Resident, after: Resident) -> bool:
    """RES-05: a changed e-mail sends the app's sign-in with a new password to the new address."""
    return bool(after.email) and after.email.lower() != before.email.lower()


LOCKED_BY_LINKS = ("email", "mobile", "calling_code")
"""ACC-20: fields of an account that has linked sites."""
