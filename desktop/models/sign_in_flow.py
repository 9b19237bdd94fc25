"""Signing in as a flow without widgets: name and password, the second factor, the policies, what the account lacks;
and the way round by mail for who forgot the password.

What was entered is kept while the cloud asks for more, and forgotten when it is over; nothing of it is written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from core.base.errors import GatewrightError, SignInError
from core.ports.cloud import AccountDoor
from core.usecases import account
from core.wire.accounts import ChangeMe, Policy
from desktop.qt.language import spoken

CODE_NEEDED, POLICY = "session.code_needed", "session.policy"
CODE_LETTERS = 6


class Stage(Enum):
    """What is asked of the person."""

    ENTER = "enter"
    CODE = "code"
    POLICY = "policy"
    FORGOT = "forgot"
    RESET = "reset"
    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105  # the name of a step, no password
    DONE = "done"


class Door(Protocol):
    """What the flow needs of the station."""

    async def sign_in(
        self, cloud: str, user: str, password: str, *, code: str = "", agreed: Mapping[str, int] | None = None
    ) -> None:
        """Sign in at a cloud core. SignInError, UnreachableError."""
        ...

    async def policies(self, cloud: str) -> list[Policy]:
        """The texts to agree to (ACC-03). UnreachableError."""
        ...

    async def open_door(self, cloud: str) -> AccountDoor:
        """Where that cloud is asked about an account."""
        ...

    async def wants(self) -> list[str]:
        """What the cloud asked for at the sign-in."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class _Entered:
    """What the person typed."""

    cloud: str = ""
    user: str = ""
    password: str = ""
    code: str = ""


class SignInFlow(QObject):
    """Signal `changed()`: another stage, or other words.

    `stage` says what is asked; `words` why, in the cloud's own words; `policies` are the texts to agree to. Every verb
    may raise what the station raises; a code or an agreement that is missing is a stage, not an error. In the stages
    EMAIL and PASSWORD the person is signed in already, and may leave it for the next time.
    """

    changed = Signal()

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door
        self._entered = _Entered()
        self._agreed: dict[str, int] = {}
        self._wants: list[Stage] = []
        self.stage = Stage.ENTER
        self.words = ""
        self.policies: list[Policy] = []

    @property
    def user(self) -> str:
        """Who signs in."""
        return self._entered.user

    @property
    def cloud(self) -> str:
        """Where."""
        return self._entered.cloud

    async def enter(self, cloud: str, user: str, password: str) -> None:
        """Try name and password. SignInError when they are wrong, UnreachableError without a network."""
        self._entered, self._agreed = _Entered(cloud, user, password), {}
        await self._try()

    async def give_code(self, code: str) -> None:
        """The second factor (ACC-02). SignInError for a wrong one; then it is asked for again."""
        self._entered = _Entered(
            self._entered.cloud, self._entered.user, self._entered.password, code.strip()
        )
        await self._try()

    async def send_again(self) -> None:
        """Ask for another code: signing in without one makes the cloud send it, unless it was a moment ago."""
        await self.give_code("")

    async def agree(self) -> None:
        """Agree to the texts that are shown (ACC-03), and go on."""
        self._agreed = {p.kind: p.version for p in self.policies}
        await self._try()

    def step_back(self, words: str = "") -> None:
        """Disagree, or another account: nothing is kept."""
        self._forget()
        self._go(Stage.ENTER, words)

    # -- the password is forgotten (ACC-04)

    def begin_forgot(self, cloud: str, user: str) -> None:
        """Ask whose password it is; `user` is what was typed already."""
        self._entered = _Entered(cloud, user)
        self._go(Stage.FORGOT, "")

    async def send_mail(self, user: str) -> None:
        """Have a code sent to the account's address. The cloud never says whether there is such an account.

        UnreachableError without a network, RefusedError where the cloud sends no mail, TooManyError.
        """
        cloud = self._entered.cloud
        said = await account.forgot(await self._door.open_door(cloud), user)
        self._entered = _Entered(cloud, user)
        self._go(Stage.RESET, spoken(said.message))

    async def set_password(self, code: str, password: str) -> None:
        """The new password by the code of the mail, then sign in with it.

        SignInError for a wrong or old code, UserError for a password that is too short. When it was set and only the
        sign-in fails, the first step says both.
        """
        cloud, user = self._entered.cloud, self._entered.user
        said = await account.reset(await self._door.open_door(cloud), user, code, password)
        try:
            await self.enter(cloud, user, password)
        except GatewrightError as fault:
            self.step_back(f"{spoken(said.message)} {spoken(fault)}")

    # -- what the account lacks (ACC-04, ACC-06)

    async def give_email(self, address: str) -> None:
        """The address that the account lacks; the cloud takes it by the password that was just typed."""
        door = await self._door.open_door(self._entered.cloud)
        await account.change(door, ChangeMe(email=address, password=self._entered.password))
        self.pass_over()

    async def give_password(self, password: str) -> None:
        """A new password in place of the one that is a month old. UserError when it is the same or too short."""
        entered = self._entered
        door = await self._door.open_door(entered.cloud)
        await account.change_password(door, entered.password, password)
        self._entered = _Entered(entered.cloud, entered.user, password)
        self.pass_over()

    def pass_over(self) -> None:
        """Go on to what is wanted next; what was passed over is asked for at the next sign-in."""
        self._wants = self._wants[1:]
        self._ask_or_end()

    def _ask_or_end(self) -> None:
        if self._wants:
            self._go(self._wants[0], "")
            return
        self._forget()
        self._go(Stage.DONE, "")

    def _forget(self) -> None:
        self._entered, self._agreed, self.policies, self._wants = _Entered(), {}, [], []

    async def _try(self) -> None:
        entered = self._entered
        try:
            await self._door.sign_in(
                entered.cloud, entered.user, entered.password, code=entered.code, agreed=self._agreed
            )
        except SignInError as fault:
            if fault.code == CODE_NEEDED:
                self._go(Stage.CODE, spoken(fault))
            elif fault.code == POLICY:
                await self._read_policies(fault)
            else:
                raise
        else:
            wanted = await self._door.wants()
            self._wants = [stage for stage in (Stage.EMAIL, Stage.PASSWORD) if stage.value in wanted]
            self._ask_or_end()

    async def _read_policies(self, fault: GatewrightError) -> None:
        """`field` of the fault names what is missing: `privacy:3,terms:1`."""
        missing = {mark.partition(":")[0] for mark in fault.field.split(",") if mark}
        found = await self._door.policies(self._entered.cloud)
        self.policies = [p for p in found if p.kind in missing]
        self._go(Stage.POLICY, fault.message)

    def _go(self, stage: Stage, words: str) -> None:
        self.stage, self.words = stage, words
        self.changed.emit()
