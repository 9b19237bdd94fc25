"""What may be owned once: a MAC over all tenants, a PIN and a card in their site (DEV-01, CRED-01, CRED-02).

The cloud keeps the owners in its table of claims; the mirror knows only what it holds and warns by its invariants.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from core.entities.device import DEVICE
from core.entities.person import CREDENTIAL, CredentialKind
from core.schema.field import Stored

EVERYWHERE = "0" * 32
"""The space of what is unique over all tenants."""


class ClaimKind(IntEnum):
    """Numbers are stored: append only."""

    MAC = 1
    PIN = 2
    CARD = 3


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """One thing that has one owner: in `space` (everywhere, or a site), of a kind, by its plain key."""

    space: str
    kind: ClaimKind
    key: str

    def __repr__(self) -> str:
        """Without the key: it may be a PIN."""
        return f"Claim({self.kind.name})"


_CREDENTIALS = {
    CredentialKind.PIN.value: ClaimKind.PIN,
    CredentialKind.TEMPORARY.value: ClaimKind.PIN,
    CredentialKind.CARD.value: ClaimKind.CARD,
}
"""A temporary key is typed like a PIN. Kinds without an entry have no owner at the cloud."""


def claims_of(entity: str, scope: str, values: Mapping[str, Stored]) -> tuple[Claim, ...]:
    """What a live row with these stored values owns."""
    if entity == DEVICE.name and values["mac"]:
        return (Claim(EVERYWHERE, ClaimKind.MAC, str(values["mac"])),)
    if entity == CREDENTIAL.name and values["code"]:
        kind = _CREDENTIALS.get(str(values["kind"]))
        return () if kind is None else (Claim(scope, kind, _key(kind, str(values["code"]))),)
    return ()


_OWNING = {DEVICE.name: {"mac"}, CREDENTIAL.name: {"kind", "code"}}


def owns_by(entity: str, fields: Collection[str]) -> bool:
    """Whether a change of these fields can change what a row owns; `claims_of` looks at no others."""
    return entity in _OWNING and not _OWNING[entity].isdisjoint(fields)


def _key(kind: ClaimKind, code: str) -> str:
    """Devices pad and strip the leading zeros of a card (device API 3.8): the number is what opens."""
    return code.lstrip("0") if kind is ClaimKind.CARD else code


CODES = {ClaimKind.MAC: "mac_claimed", ClaimKind.PIN: "pin_taken", ClaimKind.CARD: "card_taken"}
RESERVED = {
    ClaimKind.MAC: "mac_reserved",
    ClaimKind.PIN: "pin_reserved",
    ClaimKind.CARD: "card_reserved",
}
FIELDS = {ClaimKind.MAC: "mac", ClaimKind.PIN: "code", ClaimKind.CARD: "code"}


def words_of(kind: ClaimKind) -> str:
    """Why a claim is refused, without saying who holds it: the holder may be another firm's."""
    if kind is ClaimKind.MAC:
        return (
            "This MAC is already registered elsewhere. Check the label; if it is right, ask your distributor."
        )
    thing = "PIN" if kind is ClaimKind.PIN else "card"
    return f"This {thing} already opens doors of this site for another person. Choose another one."


def reserved_words(kind: ClaimKind, who: str, until: datetime) -> str:
    """Why a claim is refused that a job pack's tickets hold. `who`: the holder, as far as it may be told."""
    thing = {ClaimKind.MAC: "MAC", ClaimKind.PIN: "PIN", ClaimKind.CARD: "card"}[kind]
    return (
        f"This {thing} is reserved by {who} until {until:%Y-%m-%d %H:%M} UTC. "
        "Take another one, or wait until it is used or given back."
    )
