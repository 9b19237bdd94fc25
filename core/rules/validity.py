"""Whether a person, a home and a credential count at a moment; pure. Shared by compile, explain and 'who'."""

from __future__ import annotations

from datetime import datetime

from core.entities.credential import Credential, CredentialKind
from core.entities.device import AccessMethod
from core.entities.person import PersonKind, PersonState, Resident
from core.entities.site import Apartment, Plan, Site, SiteKind
from core.rules.access_times import moment_words

METHOD_OF: dict[CredentialKind, AccessMethod] = {
    CredentialKind.PIN: AccessMethod.PIN,
    CredentialKind.TEMPORARY: AccessMethod.PIN,
    CredentialKind.CARD: AccessMethod.CARD,
    CredentialKind.UHF: AccessMethod.CARD,
    CredentialKind.FACE: AccessMethod.FACE,
    CredentialKind.FINGERPRINT: AccessMethod.FINGERPRINT,
    CredentialKind.PLATE: AccessMethod.LPR,
    CredentialKind.ID_ACCESS: AccessMethod.ID_ACCESS,
    CredentialKind.QR: AccessMethod.QR,
    CredentialKind.NFC: AccessMethod.NFC,
    CredentialKind.BLUETOOTH: AccessMethod.BLUETOOTH,
}
"""By which of a relay's methods a credential opens (DEV-03). A UHF reader hands on a card number."""


def is_premium(site: Site, at: datetime) -> bool:
    """Whether the site has a premium plan that has not expired."""
    return site.plan is Plan.PREMIUM and (site.plan_until is None or at < site.plan_until)


def person_fault(person: Resident, at: datetime, zone: str = "UTC") -> str:
    """Why a person may open nothing at `at`, as the rest of a sentence after the name; empty without a reason.

    `zone`: by which times are told; who only asks whether there is a reason need not give it.
    """
    if person.state is not PersonState.NORMAL:
        return f"is {person.state.value}"
    if person.valid_from is not None and at < person.valid_from:
        return f"is not valid before {moment_words(person.valid_from, zone)}"
    if person.valid_until is not None and at >= person.valid_until:
        return f"was valid until {moment_words(person.valid_until, zone)}"
    return ""


def home_fault(apartment: Apartment | None, at: datetime, zone: str = "UTC") -> str:
    """SITE-12: outside its valid time an apartment's access is off. `zone` as of `person_fault`."""
    if apartment is None:
        return ""
    if apartment.valid_from is not None and at < apartment.valid_from:
        return f"the lease of {apartment.number} begins at {moment_words(apartment.valid_from, zone)}"
    if apartment.valid_until is not None and at >= apartment.valid_until:
        return f"the lease of {apartment.number} ended at {moment_words(apartment.valid_until, zone)}"
    return ""


def credential_fault(
    site: Site, person: Resident, apartment: Apartment | None, credential: Credential, at: datetime
) -> str:
    """Why one credential does not count at `at`; empty when it does."""
    if credential.valid_from is not None and at < credential.valid_from:
        return f"is not valid before {moment_words(credential.valid_from, site.time_zone)}"
    if credential.valid_until is not None and at >= credential.valid_until:
        return f"was valid until {moment_words(credential.valid_until, site.time_zone)}"
    app_face = credential.kind is CredentialKind.FACE and credential.by_app
    if app_face and apartment is not None and not apartment.may_face and is_premium(site, at):
        return "was registered in the app, and the apartment may not register faces"
    office_user = site.kind is SiteKind.OFFICE and person.kind is PersonKind.OFFICE_USER
    switched = credential.kind in {CredentialKind.PIN, CredentialKind.QR}
    if office_user and switched and not site.office_pin_qr and is_premium(site, at):
        return "is of a kind that the office has switched off"
    if credential.kind is CredentialKind.ID_ACCESS and not site.id_access:
        return "is of a kind that is not switched on at this site"
    return ""


def is_current(person: Resident, now: datetime) -> bool:
    """Whether a person may open anything at all: neither inactive nor outside the time of validity."""
    return not person_fault(person, now)
