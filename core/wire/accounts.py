"""Messages about accounts, firms and links between cloud core and workstation. Plain JSON; members are never renamed.

None in a change means 'as it is'. Texts with a password or code do not show it when printed.
"""

from __future__ import annotations

import msgspec


class _Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """A message that holds a password or a code."""

    def __repr__(self) -> str:
        """Without what it holds."""
        return f"{type(self).__name__}()"


class Forgot(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for a code by mail to set a new password (ACC-04)."""

    user: str


class Reset(_Quiet, frozen=True, kw_only=True):
    """The code of the mail and the new password."""

    user: str
    code: str
    password: str


class NewPassword(_Quiet, frozen=True, kw_only=True):
    """Change one's own password (ACC-10)."""

    old: str
    new: str


class Proof(_Quiet, frozen=True, kw_only=True):
    """Password, and a code where one is needed, for an act that a stolen session must not do."""

    password: str = ""
    code: str = ""


class TotpKey(_Quiet, frozen=True, kw_only=True):
    """The key for an authenticator app: as text, and as the address of a QR code (ACC-02)."""

    key: str
    uri: str


class ChangeMe(_Quiet, frozen=True, kw_only=True):
    """Change one's own account; a new e-mail address needs the password (ACC-04)."""

    full_name: str | None = None
    email: str | None = None
    quiet: bool | None = None
    password: str = ""


class NewAccount(_Quiet, frozen=True, kw_only=True):
    """A sub-installer or property manager (ACC-05, ACC-06). Without a password one is made and goes out by mail."""

    user: str
    full_name: str
    email: str
    role: str
    password: str = ""
    reminder: bool = False
    two_factor: bool = False
    sites: list[str] = msgspec.field(default_factory=list)


class ChangeAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Change an account below one's own. `pm_app`: a property manager's phone app, for a fee (ACC-21)."""

    full_name: str | None = None
    email: str | None = None
    active: bool | None = None
    reminder: bool | None = None
    two_factor: bool | None = None
    pm_app: bool | None = None


class Sites(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly the sites that a property manager is assigned to (ACC-06)."""

    sites: list[str]


class LinkInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Another account of the same person (ACC-07)."""

    account: str
    user: str
    full_name: str
    firm: str


class AccountInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An account as those see it who may change it. `two_factor`: a code by e-mail is demanded from above."""

    id: str
    org_id: str
    user: str
    full_name: str
    role: str
    email: str
    active: bool
    two_factor: bool = False
    totp: bool = False
    reminder: bool = False
    quiet: bool = False
    locked: bool = False
    sites: list[str] = msgspec.field(default_factory=list)
    wants: list[str] = msgspec.field(default_factory=list)
    links: list[LinkInfo] = msgspec.field(default_factory=list)
    pm_app: bool = False


class Accounts(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts below one's own."""

    accounts: list[AccountInfo]


class NewFirm(_Quiet, frozen=True, kw_only=True):
    """An installer below a distributor, with its first account."""

    name: str
    user: str
    full_name: str
    email: str
    password: str = ""


class FirmInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A firm and what was allowed to it: ACC-02, ACC-08 (offered by the distributor, granted by itself), ACC-09."""

    id: str
    name: str
    kind: str
    may_pay: bool = False
    two_factor: bool = False
    act_offered: bool = False
    act_granted: bool = False


class Firms(msgspec.Struct, frozen=True, kw_only=True):
    """The firms below a distributor, or an installer's own."""

    firms: list[FirmInfo]


class ChangeFirm(msgspec.Struct, frozen=True, kw_only=True):
    """What a distributor allows an installer."""

    may_pay: bool | None = None
    two_factor: bool | None = None
    act_offered: bool | None = None


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """ACC-08: an installer's switch that lets its distributor act in its account."""

    on: bool


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """The mark of the workstation (replica) that a session without a password is for."""

    replica: str


class NewLink(_Quiet, frozen=True, kw_only=True):
    """User name and password (and code) of the other account (ACC-07)."""

    user: str
    password: str
    code: str = ""


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts that are joined with one's own."""

    links: list[LinkInfo]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version of the privacy policy or of the terms of service (ACC-03)."""

    kind: str
    version: int
    text: str
    at: int


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """What an account of any role has to agree to; `terms` are for property managers."""

    policies: list[Policy]


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One act on an account (LOG-06). `acting`: the distributor's person who did it in its name (ACC-08)."""

    id: str
    at: int
    what: str
    words: str
    about: str = ""
    by: str = ""
    acting: str = ""


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; `more`: there are older ones, to be asked for with the last id."""

    entries: list[LogEntry]
    more: bool


class FirmSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """ACC-10, LOG-07: an installer's own settings."""

    time_zone: str = "UTC"
    project_view: bool = True
    billing_name: str = ""
    billing_address: str = ""
    billing_email: str = ""
    tax_number: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    receive_feedback: bool = False
    log_calls_without_door: bool = True
    single_family_mails: bool = True
    phone_app: bool = True
    provider_information: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence about what was done."""

    message: str
