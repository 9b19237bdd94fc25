"""One's own account and firm as the cloud has them: settings of the firm (ACC-10), address, password, links, texts.

They are the cloud's own, so saving needs a network; what it told last is shown without one. No widgets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from core.base.errors import GatewrightError, UnreachableError
from core.base.tasks import TaskOwner
from core.entities.organisation import Role
from core.ports.cloud import AccountDoor
from core.schema.entity import Problem
from core.schema.field import Field, Flag, Ref, Secret, Text
from core.usecases import account
from core.usecases.account import Own
from core.usecases.context import Context
from core.wire.accounts import AccountInfo, ChangeMe, FirmSettings
from desktop.models.latest import Latest
from desktop.models.record_draft import DraftField, RecordDraft
from desktop.models.site_form import zone_names
from desktop.models.users import account_door
from desktop.models.words import translate
from desktop.qt.language import spoken

T = TypeVar("T")
Verb = Callable[[AccountDoor], Coroutine[Any, Any, T]]
FIRM_ROLES = frozenset({Role.INSTALLER, Role.SUB_INSTALLER})
"""Who has a firm with settings: the cloud refuses the question of anybody else."""
LINE, LINES = 255, 4000
"""Letters of a line and of a text; the cloud refuses more than the second."""


class OwnAccount(QObject):
    """Signal `changed()`: the cloud told something, or why it does not. `station` is asked for its door each time."""

    changed = Signal()

    def __init__(self, ctx: Context, station: object, tasks: TaskOwner) -> None:
        super().__init__()
        self._ctx, self._station = ctx, station
        self.told: Own | None = None
        """None until the cloud was asked once."""
        self.fresh = False
        """False: what is shown is what the cloud told last, since it cannot be reached now."""
        self.fault = ""
        """Why the cloud refused to tell, in words."""
        self._latest = Latest(tasks, self._load, failed=self._failed, settled=self.changed.emit)

    @property
    def role(self) -> Role | None:
        """What whoever is signed in is."""
        return self._ctx.actor.role if self._ctx.actor is not None else None

    @property
    def has_firm(self) -> bool:
        """Whether they work for an installer."""
        return self.role in FIRM_ROLES

    @property
    def busy(self) -> bool:
        """Whether the cloud is being asked."""
        return self._latest.busy

    def refresh(self) -> None:
        """Ask the cloud, or read what it told last."""
        self._latest.ask()

    def close(self) -> None:
        """Ask nothing any more."""
        self._latest.close()

    async def _load(self) -> None:
        self._ctx.require_signed_in()
        self.fault = ""
        await asyncio.to_thread(zone_names)
        told, fresh = await account.own(self._ctx.mirror, account_door(self._station), firm=self.has_firm)
        if not self._latest.closed:
            self.told, self.fresh = told, fresh

    def _failed(self, fault: GatewrightError) -> None:
        self.fault, self.fresh = spoken(fault), False

    # -- saving: UnreachableError says that what was typed is kept

    async def save_firm(self, draft: RecordDraft) -> FirmSettings:
        """ACC-10: what was changed in the firm's settings; the others stay as they are in the cloud."""
        values = draft.values()
        wanted = {name: _written(values.get(name)) for name in draft.dirty()}
        return await self._asked(lambda door: account.change_firm_settings(door, wanted))

    async def save_account(self, draft: RecordDraft, password: str) -> AccountInfo:
        """ACC-04, ACC-10: name, address (by the password), notifications."""
        values, dirty = draft.values(), set(draft.dirty())
        message = ChangeMe(
            full_name=values["full_name"] if "full_name" in dirty else None,
            email=values["email"] if "email" in dirty else None,
            quiet=not values["notifications"] if "notifications" in dirty else None,
            password=password,
        )
        return await self._asked(lambda door: account.change(door, message))

    async def save_password(self, draft: RecordDraft) -> None:
        """ACC-10: a new password by the present one."""
        old, new = draft.text("old"), draft.text("new")
        await self._asked(lambda door: account.change_password(door, old, new))

    async def set_grant(self, *, on: bool) -> None:
        """ACC-08: let the distributor act in one's account, or not any more."""
        await self._asked(lambda door: account.grant(door, on=on))
        self.refresh()

    async def join(self, draft: RecordDraft) -> None:
        """ACC-07: join another account of one's own, by its name and password."""
        user, password, code = (draft.text(name).strip() for name in ("user", "password", "code"))
        await self._asked(lambda door: account.link(door, user, password, code))
        self.refresh()

    async def part(self, other: str) -> None:
        """ACC-07: cut a link."""
        await self._asked(lambda door: account.unlink(door, other))
        self.refresh()

    async def _asked(self, verb: Verb[T]) -> T:
        words = translate(
            "This is kept in the cloud core, which cannot be reached now. What you typed is kept."
        )
        door = account_door(self._station)
        if door is None:
            raise UnreachableError("account.offline", words)
        try:
            return await verb(door)
        except UnreachableError as fault:
            raise UnreachableError("account.offline", words) from fault


def _written(value: Any) -> str:
    """A value as `change_firm_settings` reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value or "")


# --------------------------------------------------------------------------------------------------------- the forms


def _field(name: str, kind: Field, label: str, hint: str = "", *, required: bool = False) -> DraftField:
    return DraftField(name, kind, label, required, not required, hint)


def firm_fields() -> list[DraftField]:
    """Every setting of a firm (ACC-10), in the order of the form."""
    line, lines = Text(max_len=LINE), Text(max_len=LINES, lines=True)
    zone, mail = Ref(to="zones"), Text(max_len=LINE, example="desk@example.com")
    return [
        _field("time_zone", zone, translate("Time zone"), required=True),
        _field("project_view", Flag(), translate("Project work; off: single-tenant houses")),
        _field("billing_name", line, translate("Billed to")),
        _field("tax_number", line, translate("Tax number")),
        _field("billing_address", lines, translate("Address")),
        _field("billing_email", mail, translate("E-mail for bills")),
        _field("contact_phone", Text(max_len=64), translate("Telephone")),
        _field("contact_email", mail, translate("E-mail")),
        _field("receive_feedback", Flag(), translate("Users' feedback is mailed to this address")),
        _field("log_calls_without_door", Flag(), translate("A call that opens no door is in the door log")),
        _field("single_family_mails", Flag(), translate("Single families get mails of expiry and renewal")),
        _field("phone_app", Flag(), translate("The installer's phone app may be used")),
        _field("provider_information", lines, translate("Name and address")),
    ]


def firm_draft(settings: FirmSettings) -> RecordDraft:
    """The form of a firm's settings; addresses are looked at before the cloud is asked."""
    fields = firm_fields()
    values = {field.name: getattr(settings, field.name) for field in fields}
    return RecordDraft(
        fields, values, check=lambda found: _addresses(found, ("billing_email", "contact_email"))
    )


def account_draft(info: AccountInfo) -> RecordDraft:
    """The form of one's own account (ACC-04): name, address, notifications."""
    fields = [
        _field("full_name", Text(max_len=LINE), translate("Name"), required=True),
        _field("email", Text(max_len=LINE), translate("E-mail"), required=True),
        _field("notifications", Flag(), translate("The operator's notifications by e-mail")),
    ]
    values = {"full_name": info.full_name, "email": info.email, "notifications": not info.quiet}
    return RecordDraft(fields, values, check=lambda found: _addresses(found, ("email",)))


def password_draft() -> RecordDraft:
    """The form of a new password (ACC-10). It is never kept: not by the desk's drafts, not in the mirror."""
    secret = Secret(max_len=LINE)
    fields = [
        _field("old", secret, translate("Present password"), required=True),
        _field("new", secret, translate("New password"), required=True),
        _field("again", secret, translate("Once more"), required=True),
    ]

    def check(found: Mapping[str, Any]) -> list[Problem]:
        if found.get("new") == found.get("again"):
            return []
        return [Problem("again", "password.again", translate("The two new passwords are not the same."))]

    return RecordDraft(fields, {}, check=check, new=True)


def link_draft() -> RecordDraft:
    """The form that joins another account (ACC-07); never kept, since it holds a password."""
    fields = [
        _field("user", Text(max_len=LINE), translate("User name"), required=True),
        _field("password", Secret(max_len=LINE), translate("Password"), required=True),
        _field("code", Text(max_len=16), translate("Code"), translate("where it asks for one")),
    ]
    return RecordDraft(fields, {}, new=True)


def _addresses(found: Mapping[str, Any], names: tuple[str, ...]) -> list[Problem]:
    words = translate("That is no e-mail address: it needs a name, an @ and a host.")
    return [
        Problem(n, "account.email", words) for n in names if (text := found.get(n)) and not _is_mail(text)
    ]


def _is_mail(text: str) -> bool:
    name, at, host = text.strip().rpartition("@")
    return bool(name and at and "." in host.strip(".") and " " not in text.strip())
