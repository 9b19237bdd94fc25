"""What the people of a site type at its doors, while the rows of a file are judged one after the other.

Only where a site, or one that shares doors with it, has APT+PIN: there two PINs that differ may be typed alike, and the
preview says so as the rule of the mirror would when the row is written (CRED-01, ACCESS-PUSH).
"""

from __future__ import annotations

from core.entities.credential import CredentialKind
from core.entities.site import PinMode
from core.rules.typed_codes import SAME_TYPED, TYPED, sites_typing, typed_by_people
from core.sheets.codes import Code, CodeWork
from core.store.reader import Reader


class TypedBook:
    """Who types what. `on` False: nobody types an apartment first, so that PINs alone tell people apart."""

    def __init__(self, reader: Reader, site_id: str) -> None:
        sites = sites_typing(reader, site_id)
        self.on = bool(sites)
        self._here = self.on and sites[0].pin_mode is PinMode.APARTMENT_PIN
        self._owner: dict[str, str] = {}
        for site in sites:
            for person_id, text in typed_by_people(reader, site):
                self._owner.setdefault(text, person_id)

    def text(self, code: Code, home: str) -> str:
        """What is typed for a code; `home` is the number of the apartment, empty for those who type the code alone."""
        kind, plain = code
        return f"{home.upper()}{plain}" if self._here and kind is CredentialKind.PIN else plain

    def taken(self, code: Code, person_id: str, home: str) -> str:
        """A sentence when somebody else types the same; empty when nobody does."""
        if not self.on or code[0] not in TYPED:
            return ""
        owner = self._owner.get(self.text(code, home), person_id)
        return "" if owner == person_id else SAME_TYPED

    def texts(self) -> set[str]:
        """Everything that is typed."""
        return set(self._owner)

    def take(self, work: CodeWork, person_id: str, home: str) -> None:
        """Note what a row does, for the rows after it."""
        if not self.on:
            return
        for old in (*work.remove, *(old for old, _ in work.change)):
            if old.kind in TYPED:
                self._owner.pop(self.text((old.kind, old.code), home), None)
        for code in work.coming:
            if code[0] in TYPED:
                self._owner[self.text(code, home)] = person_id
