"""What every use case is given: who acts, and the doors to the mirror, the devices, the LAN and the cloud."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from core.base.clock import Clock
from core.base.errors import NotAllowedError, UserError
from core.entities.organisation import Role
from core.entities.site import Site
from core.jobs.runner import JobRunner
from core.ports.cloud import AccountDoor
from core.ports.device import DeviceGateway
from core.ports.lan import LanScanner, Login
from core.rules.rights import Switch, is_off
from core.store.blobs import BlobStore
from core.store.mirror import Mirror


class Permission(StrEnum):
    """What a role may do (table of accounts.md, DEV-21, SITE-16)."""

    EDIT_SITES = "edit sites and places"
    EDIT_DEVICES = "add and remove devices"
    SET_DEVICES = "change devices' settings"
    EDIT_PEOPLE = "change people and their access"
    PUSH = "write to devices"
    FIRMWARE = "change firmware"
    EDIT_LIBRARY = "change the MAC library"
    SEE_SECRETS = "see PINs and cards"
    EDIT_APARTMENTS = "change apartments"
    SET_SITES = "change a site's settings"
    DELETE_ACCOUNTS = "delete accounts"
    SET_ACCESS = "change residents' access"
    SEE_LOGS = "see door logs and call history"
    SEE_CAPTURES = "see captures"
    SET_VIDEO = "set video storage"
    SEE_PEOPLE = "see people and their access"


_INSTALLER = frozenset(Permission)
_MANAGER = frozenset(
    {
        Permission.EDIT_PEOPLE,
        Permission.SET_DEVICES,
        Permission.PUSH,
        Permission.SEE_SECRETS,
        Permission.EDIT_APARTMENTS,
        Permission.SET_SITES,
        Permission.DELETE_ACCOUNTS,
        Permission.SET_ACCESS,
        Permission.SEE_LOGS,
        Permission.SEE_CAPTURES,
        Permission.SET_VIDEO,
        Permission.SEE_PEOPLE,
    }
)
_RIGHTS: dict[Role, frozenset[Permission]] = {
    Role.INSTALLER: _INSTALLER,
    Role.SUB_INSTALLER: _INSTALLER,
    Role.MANAGER: _MANAGER,
    Role.DISTRIBUTOR: frozenset({Permission.EDIT_LIBRARY}),
}


def switched_off(permission: Permission, site: Site) -> str:
    """ACC-12: which of the installer's switches of a site keeps this from its property managers; empty: none does."""
    switch = _SWITCHES.get(permission)
    return switch.value if switch is not None and is_off(switch, site) else ""


_SWITCHES = {
    Permission.DELETE_ACCOUNTS: Switch.DELETE,
    Permission.SEE_LOGS: Switch.LOGS,
    Permission.SEE_CAPTURES: Switch.CAPTURES,
    Permission.SET_ACCESS: Switch.ACCESS,
    Permission.SET_VIDEO: Switch.VIDEO,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """The signed-in account."""

    account_id: str
    org_id: str
    role: Role
    name: str


@dataclass(slots=True)
class Context:
    """Built once by the composition root. `actor` is None while signed out (ACC-11)."""

    clock: Clock
    mirror: Mirror
    blobs: BlobStore
    gateway: DeviceGateway
    scanner: LanScanner
    actor: Actor | None = None
    workstation: str = "this workstation"
    factory_logins: tuple[Login, ...] = ()
    restart_limit_s: float = 600.0
    """How long a device may be away while it flashes and starts; real units take minutes."""
    restart_waits: int = 1_000_000
    """How often a device that came back with the old version is waited for again, within that time: units answer for a
    moment before they restart.
    """
    confirm: Callable[[], Awaitable[bool]] | None = field(default=None, repr=False)
    """Runs one round of sync; False when there is no network. None on a workstation that never signed in."""
    door: AccountDoor | None = field(default=None, repr=False)
    """Where the cloud is asked in the actor's name for what is the cloud's own act. None as for `confirm`."""
    _jobs: JobRunner | None = field(default=None, repr=False)
    on_progress: Callable[[str], None] = field(default=lambda _line: None, repr=False)

    @property
    def jobs(self) -> JobRunner:
        """The runner of durable jobs."""
        if self._jobs is None:
            msg = "the job runner is not attached yet"
            raise RuntimeError(msg)
        return self._jobs

    def attach(self, jobs: JobRunner) -> None:
        """Give the context its job runner, whose handlers need the context themselves."""
        self._jobs = jobs

    @property
    def me(self) -> Actor:
        """The signed-in account, or a refusal that says what to do."""
        if self.actor is None:
            raise UserError(
                "session.none", "Nobody is signed in on this workstation.", remedy="Sign in first."
            )
        return self.actor

    def require_signed_in(self) -> None:
        """A signed-out workstation shows nothing of the mirror (ACC-11)."""
        _ = self.me

    def require(self, permission: Permission) -> Actor:
        """The actor, when its role allows the act; NotAllowedError otherwise. Holds offline too."""
        actor = self.me
        if permission not in _RIGHTS[actor.role]:
            word = actor.role.value.replace("_", "-")
            raise NotAllowedError("role.not_allowed", f"A {word} may not {permission.value}.")
        return actor

    def may(self, permission: Permission) -> bool:
        """Whether somebody is signed in whose role allows the act."""
        return self.actor is not None and permission in _RIGHTS[self.actor.role]

    def require_at(self, permission: Permission, site: Site | None) -> Actor:
        """As `require`, and for a property manager also the site's own switch (ACC-12). Holds offline too."""
        actor = self.require(permission)
        if actor.role is Role.MANAGER and site is not None and (words := switched_off(permission, site)):
            message = f"The installer has switched off {words} for the managers of '{site.name}'."
            raise NotAllowedError("site.not_allowed", message, remedy="Ask the installer.")
        return actor
