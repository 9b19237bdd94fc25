"""A call from the desk without widgets: who calls whom, what the device tells while it lasts, why there is none.

    READY --call--> ASKING --yes--> RINGING | TALKING | IN_CALL --in no call--> ENDED
                    ASKING --no---> REFUSED

Where a device does not tell ringing from talking, neither do we (IN_CALL). A device that stops answering stays in the
last phase, with why: the people may well talk on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from core.base.errors import GatewrightError
from core.base.tasks import TaskOwner
from core.base.verdict import Verdict
from core.entities.device import Device, DeviceKind
from core.rules.calling import Callee, CallPhase
from core.usecases.calling import Whom, callers, dial, hang_up, numbers, phase
from core.usecases.context import Context
from core.usecases.provision import verdict_of
from desktop.models.words import translate
from desktop.qt.language import spoken

EVERY_S = 1.0
PREFERENCE = "desk_phone"
"""The id of the device that called last: the one at the desk."""


class CallState(StrEnum):
    """How far a call is."""

    READY = "ready"
    ASKING = "asking"
    RINGING = "ringing"
    TALKING = "talking"
    IN_CALL = "in_call"
    ENDED = "ended"
    REFUSED = "refused"


ALIVE = frozenset({CallState.RINGING, CallState.TALKING, CallState.IN_CALL})
_STATES = {
    CallPhase.RINGING: CallState.RINGING,
    CallPhase.TALKING: CallState.TALKING,
    CallPhase.IN_CALL: CallState.IN_CALL,
}


@dataclass(frozen=True, slots=True)
class Line:
    """Who may call and who may be called, the best first."""

    phones: tuple[Device, ...] = ()
    callees: tuple[Callee, ...] = ()
    last: str = ""
    """The device that called last."""

    @property
    def why_not(self) -> str:
        """Why no call can be made; empty when one can."""
        if not self.phones:
            return translate(
                "No device here makes calls: a guard phone, monitor or door phone of a public area does."
            )
        return "" if self.callees else translate("No address, SIP number or phone number is known.")

    @property
    def phone(self) -> Device | None:
        """Who calls unless a person says otherwise: what called last, or a guard phone. None: they choose, since a
        street door that rings at a flat brings somebody to the wrong door.
        """
        first = next(iter(self.phones), None)
        sure = first is not None and (first.id == self.last or first.kind is DeviceKind.GUARD)
        return first if sure else None


async def load_line(ctx: Context, site_id: str, whom: Whom, *, last: str = "") -> Line:
    """Read both ends of a call; `last`: the device that called last, which is offered first."""
    phones = [one for one in await callers(ctx, site_id) if one.id != whom.device_id]
    callees = await numbers(ctx, whom)
    return Line(tuple(sorted(phones, key=lambda one: one.id != last)), tuple(callees), last)


class LiveCall(QObject):
    """One call at a time. Signal `changed()`: state, verdict or words."""

    changed = Signal()

    def __init__(self, ctx: Context, *, wait: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        super().__init__()
        self._ctx, self._wait = ctx, wait
        self._tasks = TaskOwner()
        self._watching: asyncio.Task[None] | None = None
        self.caller: Device | None = None
        self.state, self.verdict, self.words = CallState.READY, Verdict.WAITING, ""
        """`words`: what the device answered, or why there is no call."""

    async def call(self, caller: Device, to: Callee) -> None:
        """Have a device call somebody, and follow it. Never raises for a device: the words say what happened."""
        self.stop()
        self.caller = caller
        self._set(CallState.ASKING, Verdict.WAITING)
        try:
            result = await dial(self._ctx, caller, to)
        except GatewrightError as fault:
            self._refused(fault)
            return
        proved = result.verdict is Verdict.PROVED
        self._set(CallState.IN_CALL if proved else CallState.ENDED, result.verdict, spoken(result.said))
        if proved:
            self._watching = self._tasks.start(self._watch(caller), name="call")

    async def hang_up(self) -> None:
        """End the call; what the device answered is in the words."""
        if self.caller is None:
            return
        self.stop()
        try:
            result = await hang_up(self._ctx, self.caller)
        except GatewrightError as fault:
            self._set(self.state, verdict_of(fault), spoken(fault))
            return
        over = result.verdict is Verdict.PROVED
        self._set(CallState.ENDED if over else self.state, result.verdict, spoken(result.said))

    def stop(self) -> None:
        """Look no more; a call that goes on goes on. Safe to call twice."""
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None

    async def _watch(self, caller: Device) -> None:
        while True:
            try:
                now = await phase(self._ctx, caller)
            except GatewrightError as fault:
                self._set(self.state, verdict_of(fault), spoken(fault))
            else:
                if now not in _STATES:
                    self._set(CallState.ENDED, Verdict.PROVED, translate("The call is over."))
                    return
                self._set(_STATES[now], Verdict.PROVED, self.words if self.verdict is Verdict.PROVED else "")
            await self._wait(EVERY_S)

    def _refused(self, fault: GatewrightError) -> None:
        self._set(CallState.REFUSED, verdict_of(fault), spoken(fault))

    def _set(self, state: CallState, verdict: Verdict, words: str = "") -> None:
        if (state, verdict, words) != (self.state, self.verdict, self.words):
            self.state, self.verdict, self.words = state, verdict, words
            self.changed.emit()


def state_words(state: CallState) -> str:
    """In the window's language."""
    words = {
        CallState.READY: translate("not called yet"),
        CallState.ASKING: translate("asking the device"),
        CallState.RINGING: translate("ringing"),
        CallState.TALKING: translate("talking"),
        CallState.IN_CALL: translate("ringing or talking"),
        CallState.ENDED: translate("ended"),
        CallState.REFUSED: translate("no call"),
    }
    return words[state]
