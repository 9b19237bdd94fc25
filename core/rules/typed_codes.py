"""What is typed at a door phone: a PIN, or the apartment number and then the PIN (ACCESS-PUSH, SET-01, CRED-05). Pure.

In the mode 'APT+PIN' a device is given both as one code, `101` and `1234` as `1011234`: no device call is known that
sets the mode, and so it works on every model (decision 0022). Two people may then have PINs that differ and still type
the same, so what is typed is unique too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.site import APARTMENT, SITE, Apartment, PinMode, Site
from core.rules.catalogue import Can, ability, limit
from core.rules.sharing import Asking, sites_sharing
from core.schema.entity import Problem

TYPED = frozenset({CredentialKind.PIN, CredentialKind.TEMPORARY})
"""Kinds that are typed at a door."""
SAME_TYPED = (
    "With the apartment number in front, another person would type the same at a door. Choose another one."
)
CLASHES = "Another person types the same at the doors of this site."


def has_prefix(site: Site, person: Resident, home: Apartment | None) -> bool:
    """Whether a person types the apartment number first: residents with an apartment, where the site says so."""
    return site.pin_mode is PinMode.APARTMENT_PIN and person.kind is PersonKind.RESIDENT and home is not None


def typed(site: Site, person: Resident, home: Apartment | None, code: Credential) -> str:
    """What is typed for a PIN; a temporary key is typed alone, also at a site with APT+PIN (VIS-01)."""
    prefixed = code.kind is CredentialKind.PIN and home is not None and has_prefix(site, person, home)
    return f"{home.number.upper()}{code.code}" if prefixed and home is not None else code.code


def typed_fault(text: str, model: str, firmware: str) -> str:
    """Why a device cannot take what is typed, as a sentence; empty when it can. `text` itself is not told (DEV-17)."""
    most = limit("pin_digits_max")
    if len(text) > most:
        return f"Apartment number and PIN have {len(text)} characters together; a device takes {most}."
    for feature, asked in (
        ("hash_in_apartment", "#" in text),
        ("letters_in_apartment", any(c.isalpha() for c in text)),
    ):
        if asked and (found := ability(feature, model, firmware)).can in {Can.NO, Can.UPDATE}:
            return found.said
    return ""


def typed_once(reader: Asking, credential: Credential) -> Iterator[Problem]:
    """CRED-01 where a site has APT+PIN: nobody types what another types there."""
    # Asked first, since it is the same for every code of a site: an import must not look up each person.
    sites = sites_typing(reader, credential.scope_id) if credential.kind in TYPED else []
    person = reader.get(RESIDENT, credential.person_id) if sites else None
    if person is None:
        return
    home = reader.get(APARTMENT, person.apartment_id) if person.apartment_id else None
    text = typed(sites[0], person, home, credential)
    if typed_by_others(reader, sites, credential, text):
        yield _problem("code", f"credentials.{credential.kind.value}.typed")


def apartment_typed_once(reader: Asking, apartment: Apartment) -> Iterator[Problem]:
    """The same when an apartment gets another number."""
    sites = sites_typing(reader, apartment.site_id)
    if not sites or sites[0].pin_mode is not PinMode.APARTMENT_PIN:
        return
    for person in reader.find(RESIDENT, apartment_id=apartment.id):
        for code in reader.find(CREDENTIAL, person_id=person.id):
            if code.kind is CredentialKind.PIN and has_prefix(sites[0], person, apartment):
                text = typed(sites[0], person, apartment, code)
                if typed_by_others(reader, sites, code, text, home_id=apartment.id):
                    yield _problem("number", "apartments.number.typed")
                    return


def sites_typing(reader: Asking, site_id: str) -> list[Site]:
    """The site and those that share doors with it, when any of them has APT+PIN; else none."""
    known = [site for i in sites_sharing(reader, site_id) if (site := reader.get(SITE, i)) is not None]
    relevant = known and known[0].id == site_id and any(s.pin_mode is PinMode.APARTMENT_PIN for s in known)
    return known if relevant else []


def typed_here(reader: Asking, site_id: str) -> set[str]:
    """Everything that the people of a site type at doors; nothing for a site that is not here."""
    site = reader.get(SITE, site_id)
    return set() if site is None else {text for _, text in typed_by_people(reader, site)}


def typed_by_people(reader: Asking, site: Site) -> Iterator[tuple[str, str]]:
    """Everything that is typed at a site, with the id of the person who types it."""
    homes = {a.id: a for a in reader.find(APARTMENT, scope_id=site.id)}
    people = {p.id: p for p in reader.find(RESIDENT, scope_id=site.id)}
    for code in reader.find(CREDENTIAL, scope_id=site.id):
        person = people.get(code.person_id)
        if code.kind in TYPED and person is not None:
            yield person.id, typed(site, person, homes.get(person.apartment_id or ""), code)


def clashes_with_apartments(reader: Asking, site: Site) -> int:
    """How many codes could not be told apart if the site had APT+PIN; for the question before it is switched on."""
    return sum(
        count for count in Counter(text for _, text in typed_by_people(reader, site)).values() if count > 1
    )


def _problem(field: str, code: str) -> Problem:
    return Problem(field, code, SAME_TYPED)


def typed_by_others(
    reader: Asking, sites: Sequence[Site], mine: Credential, text: str, home_id: str = ""
) -> bool:
    """Whether another code is typed alike at these sites; see `typed_alike`."""
    return next(typed_alike(reader, sites, mine, text, home_id), None) is not None


def typed_alike(
    reader: Asking, sites: Sequence[Site], mine: Credential, text: str, home_id: str = ""
) -> Iterator[tuple[Credential, Resident]]:
    """Other codes that are typed alike, with their people. Every way to cut the text into number and PIN is looked up
    by its PIN, so a site of any size costs the same. `home_id`: an apartment whose number is judged, not the mirror's.
    """
    for site in sites:
        for cut in range(len(text)):
            for other in reader.find(CREDENTIAL, code=text[cut:], scope_id=site.id):
                if other.id == mine.id or other.kind not in TYPED:
                    continue
                person = reader.get(RESIDENT, other.person_id)
                if person is None or (home_id and person.apartment_id == home_id):
                    continue
                home = reader.get(APARTMENT, person.apartment_id) if person.apartment_id else None
                if typed(site, person, home, other) == text:
                    yield other, person
