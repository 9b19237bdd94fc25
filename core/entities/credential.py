"""Credentials: what a person shows to a door (CRED-01 to CRED-05, VIS-01, VIS-04, PARK-01)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from core.schema.entity import EntitySpec, Problem, Row, Scope, looks_at, spec_of
from core.schema.field import Choice, Digest, Flag, Moment, Number, Ref, Secret, Text


class CredentialKind(StrEnum):
    """What a person shows to a door."""

    PIN = "pin"
    CARD = "card"
    FACE = "face"
    """A photo, kept as a blob (CRED-03)."""
    FINGERPRINT = "fingerprint"
    """A mark: enrolled at the USB reader ACR-CID13 (CRED-03)."""
    ID_ACCESS = "id_access"
    """RUN and serial of a South American ID card (CRED-03, VIS-04)."""
    PLATE = "plate"
    """Licence plate, read by a third-party LPR camera (CRED-02)."""
    UHF = "uhf"
    """UHF card, read by the ACR-CRP12 (CRED-02)."""
    QR = "qr"
    NFC = "nfc"
    BLUETOOTH = "bluetooth"
    TEMPORARY = "temporary_key"
    """A visitor's key: eight digits that start with 9 (VIS-01)."""


MARKERS = frozenset(
    {CredentialKind.FINGERPRINT, CredentialKind.QR, CredentialKind.NFC, CredentialKind.BLUETOOTH}
)
"""Kinds of which only the fact is kept here; the secret lives in the reader or in the app."""

CARD_CHARS = 16
LOCK_CARD_CHARS = 20
"""CRED-05: what a Dormakaba lock wants; taken at sites whose Dormakaba switch is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential(Row):
    """One credential of one person. The code is a secret; a face has a `blob`, markers have neither.

    An ID access is `RUN-SERIAL` in `code`. `uses`: how often a temporary key opens each chosen door (VIS-01), None
    without a limit. `long_term` off: only from `valid_from` until before `valid_until` (PARK-01). `by_app`: the person
    made it in the app. `made_by` and `made_at`: CRED-04.
    """

    person_id: Annotated[str, Ref(label="Person", to="residents", indexed=True)]
    kind: Annotated[CredentialKind, Choice(label="Kind", of=CredentialKind)]
    code: Annotated[str, Secret(label="Code", max_len=32, indexed=True)] = ""
    blob: Annotated[str | None, Digest(label="Photo")] = None
    made_by: Annotated[str, Text(label="Made by", max_len=128, searchable=True)] = ""
    made_at: Annotated[datetime | None, Moment(label="Made")] = None
    long_term: Annotated[bool, Flag(label="Long term")] = True
    valid_from: Annotated[datetime | None, Moment(label="Valid from")] = None
    valid_until: Annotated[datetime | None, Moment(label="Expires")] = None
    uses: Annotated[int | None, Number(label="Times per device", low=1, high=9999)] = None
    by_app: Annotated[bool, Flag(label="Made in the app")] = False


_SHAPES: dict[CredentialKind, tuple[str, str, str]] = {
    CredentialKind.PIN: (r"[0-9]{2,8}", "credentials.pin.shape", "A PIN has 2 to 8 digits."),
    CredentialKind.CARD: (
        r"[0-9A-F]{1,20}",
        "credentials.card.shape",
        "A card has 1 to 16 characters of 0-9 and A-F.",
    ),
    CredentialKind.UHF: (
        r"[0-9A-F]{1,32}",
        "credentials.uhf.shape",
        "A UHF card has 1 to 32 characters of 0-9 and A-F.",
    ),
    CredentialKind.PLATE: (
        r"[0-9A-Z]{1,16}",
        "credentials.plate.shape",
        "A licence plate has 1 to 16 letters and digits, without blanks.",
    ),
    CredentialKind.ID_ACCESS: (
        r"[0-9]{4,10}[0-9K]?-[0-9A-Z]{1,16}",
        "credentials.id_access.shape",
        "ID access takes the RUN, a hyphen and the serial of the card.",
    ),
    CredentialKind.TEMPORARY: (
        r"9[0-9]{7}",
        "credentials.temporary_key.shape",
        "A temporary key has 8 digits and starts with 9.",
    ),
}


@looks_at("kind", "code", "blob")
def _code_fits(credential: Credential) -> Iterator[Problem]:
    """CRED-01, CRED-02, VIS-01."""
    kind, code = credential.kind, credential.code
    if kind in _SHAPES:
        shape, fault, words = _SHAPES[kind]
        if not re.fullmatch(shape, code):
            yield Problem("code", fault, words)
        elif kind is CredentialKind.PIN and code.startswith("9"):
            message = "A PIN cannot start with 9: those belong to visitors' temporary keys. Use 0 to 8 first."
            yield Problem("code", "credentials.pin.reserved", message)
    elif code:
        yield Problem("code", "credentials.code.none", f"A {kind.value} has no code here.")
    if kind is CredentialKind.FACE and not credential.blob:
        yield Problem("blob", "credentials.face.photo", "A face needs its photo.")


@looks_at("valid_from", "valid_until", "long_term")
def _period_fits(credential: Credential) -> Iterator[Problem]:
    start, end = credential.valid_from, credential.valid_until
    if start and end and end <= start:
        yield Problem("valid_until", "credentials.valid.reversed", "Expires must be later than Valid from.")
    if not credential.long_term and (start is None or end is None):
        yield Problem(
            "valid_from", "credentials.period.missing", "Without 'long term' both dates are needed."
        )


CREDENTIAL: EntitySpec[Credential] = spec_of(
    Credential,
    name="credentials",
    number=12,
    label="Credential",
    scope=Scope.SITE,
    title=("kind",),
    natural_key=("person_id", "kind", "code"),
    rules=(_code_fits, _period_fits),
)
