"""Signing in as a flow without widgets: name and password, the second factor, the policies, then the first sync.

What was entered is kept while the cloud asks for more, and forgotten when it is over; nothing of it is written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from core.base.errors import GatewrightError, SignInError
from core.wire.accounts import Policy
from desktop.qt.language import spoken

CODE_NEEDED, POLICY = "session.code_needed", "session.policy"
CODE_LETTERS = 6


class Stage(Enum):
    """What is asked of the person."""

    ENTER = "enter"
    CODE = "code"
    POLICY = "policy"
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
    may raise what the station raises; a code or an agreement that is missing is a stage, not an error.
    """

    changed = Signal()

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door
        self._entered = _Entered()
        self._agreed: dict[str, int] = {}
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

    def step_back(self) -> None:
        """Disagree, or another account: nothing is kept."""
        self._entered, self._agreed, self.policies = _Entered(), {}, []
        self._go(Stage.ENTER, "")

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
            self._entered, self._agreed, self.policies = _Entered(), {}, []
            self._go(Stage.DONE, "")

    async def _read_policies(self, fault: GatewrightError) -> None:
        """`field` of the fault names what is missing: `privacy:3,terms:1`."""
        missing = {mark.partition(":")[0] for mark in fault.field.split(",") if mark}
        found = await self._door.policies(self._entered.cloud)
        self.policies = [p for p in found if p.kind in missing]
        self._go(Stage.POLICY, fault.message)

    def _go(self, stage: Stage, words: str) -> None:
        self.stage, self.words = stage, words
        self.changed.emit()
