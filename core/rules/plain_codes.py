"""Codes and numbers as they are kept: the plain notation of each kind of credential, and UIDs of people (RES-01)."""

from __future__ import annotations

import secrets

from core.entities.credential import CredentialKind
from core.rules.cards import plain_card


def plain_code(kind: CredentialKind, code: str) -> str:
    """A code as it is kept: cards without separators in upper case, plates without blanks (CRED-02)."""
    if kind in {CredentialKind.CARD, CredentialKind.UHF}:
        return plain_card(code)
    if kind in {CredentialKind.PLATE, CredentialKind.ID_ACCESS}:
        separators = " .·" if kind is CredentialKind.ID_ACCESS else " .·-"
        return "".join(c for c in code.upper() if c not in separators)
    return code.strip()


def new_uid() -> str:
    """A UID for a person: nine digits that say nothing about anybody (RES-01)."""
    return f"{secrets.randbelow(900_000_000) + 100_000_000}"
