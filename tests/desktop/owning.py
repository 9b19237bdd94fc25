"""A cloud that keeps one's own account, firm and joined accounts, takes changes, refuses, or is away."""

from __future__ import annotations

from typing import Any

import msgspec

from core.base.errors import UnreachableError, UserError
from core.wire.accounts import (
    AccountInfo,
    Accounts,
    ChangeMe,
    FirmInfo,
    Firms,
    FirmSettings,
    Grant,
    LinkInfo,
    Links,
    NewLink,
    NewPassword,
    Policies,
    Policy,
    Said,
)
from tests.desktop.telling import OTHER, OWN, TellingDoor

PRIVACY = """What this is

Gatewright keeps who may open which door of your sites, and proves that each door took it.

What is kept

Names, units, codes and the events of doors. Codes are sealed; nobody reads them in a list or a log.

How long

Events for 30 days. What you delete is gone from every door first, and the receipt says from which."""


class OwningDoor(TellingDoor):
    """`settings`, `info`, `firm` are what it keeps; `passwords` what it was given to change them with."""

    def __init__(self, own_site: str, role: str = "installer") -> None:
        super().__init__(own_site)
        self.settings = FirmSettings(
            time_zone="Europe/Madrid",
            billing_name="Ostby Doorworks S.L.",
            billing_address="Carrer de la Marina 18\n08005 Barcelona",
            billing_email="bills@ostby.example",
            contact_phone="+34 600 111 222",
            contact_email="desk@ostby.example",
            provider_information="Ostby Doorworks, Carrer de la Marina 18, Barcelona",
        )
        links = [LinkInfo(account=OTHER, user="maya2", full_name="Maya Lind", firm="South Doors")]
        self.info = AccountInfo(
            id=OWN,
            org_id="e" * 32,
            user="tor",
            full_name="Tor Ostby",
            role=role,
            email="tor@ostby.example",
            active=True,
            links=links if role == "manager" else [],
        )
        self.firm = FirmInfo(
            id="e" * 32, name="Ostby Doorworks", kind="installer", may_pay=True, act_offered=True
        )
        self.texts = [
            Policy(kind=kind, version=3, text=PRIVACY, at=1_790_000_000_000) for kind in ("privacy", "terms")
        ]
        self.passwords: list[str] = []

    async def ask(self, method: str, path: str, kind: Any, message: msgspec.Struct | None = None) -> Any:
        """Answers as the cloud does."""
        if self.away or self.fault is not None or path.startswith(("/v1/service", "/v1/account/sites")):
            return await super().ask(method, path, kind, message)
        self.asked.append((method, path))
        if message is not None:
            return self._take(message)
        if method == "DELETE":
            self.info = msgspec.structs.replace(self.info, links=[])
            return Said(message="Parted.")
        return {
            "/v1/account": self.info,
            "/v1/accounts": Accounts(accounts=[]),
            "/v1/policies": Policies(policies=self.texts),
            "/v1/firms": Firms(firms=[self.firm]),
            "/v1/firm/settings": self.settings,
        }[path]

    async def ask_openly(self, method: str, path: str, kind: Any, message: Any = None) -> Any:
        """A code for a new password is always on its way, whoever asks."""
        self.asked.append((method, path))
        return Said(message="If there is such an account, a code is on its way to its address.")

    def _take(self, message: msgspec.Struct) -> Any:
        if isinstance(message, FirmSettings):
            if message.tax_number == "0":
                raise UserError("firm.tax", "There is no such tax number.", field="tax_number")
            self.settings = message
            return message
        if isinstance(message, Grant):
            self.firm = msgspec.structs.replace(self.firm, act_granted=message.on)
            return self.firm
        if isinstance(message, NewPassword):
            self.passwords.append(message.new)
            return Said(message="Changed.")
        if isinstance(message, NewLink):
            link = LinkInfo(account=OTHER, user=message.user, full_name="Maya Lind", firm="South Doors")
            self.info = msgspec.structs.replace(self.info, links=[link])
            return Links(links=[link])
        assert isinstance(message, ChangeMe)
        self.passwords.append(message.password)
        told = {n: v for n in ("full_name", "email", "quiet") if (v := getattr(message, n)) is not None}
        self.info = msgspec.structs.replace(self.info, **told)
        return self.info


class AwayDoor(OwningDoor):
    """The same, never reached."""

    async def ask(self, method: str, path: str, kind: Any, message: msgspec.Struct | None = None) -> Any:
        """Nothing answers."""
        raise UnreachableError("cloud.away", "The cloud core does not answer.")
