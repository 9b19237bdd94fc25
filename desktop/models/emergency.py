"""An emergency without widgets: which doors, for how long, what each answered, and the receipt in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.base.verdict import Verdict
from core.entities.task import TaskKind
from core.rules.door import Door
from core.usecases.agent import ask
from core.usecases.context import Context
from core.usecases.door_desk import LONGEST_HOLD_S
from core.usecases.emergency import EmergencyAnswer, doors_to_open, open_in_emergency
from desktop.models.words import counted, time_word, translate, verdict_word

SPANS = (1800, 3600, LONGEST_HOLD_S)
"""For how long doors stay open, in seconds; the longest at first."""
AWAY = frozenset({Verdict.UNREACHABLE, Verdict.WAITING})
"""It did not answer here, or was never seen from here: somebody at the site may reach it."""
OPENED = frozenset({Verdict.PROVED, Verdict.ACCEPTED})


@dataclass(slots=True)
class Emergency:
    """One emergency from the question to the receipt. `answers` and `asked` (of the site) are by relay."""

    ctx: Context
    site_id: str
    doors: list[Door] = field(default_factory=list)
    seconds: int = LONGEST_HOLD_S
    answers: dict[str, EmergencyAnswer] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    began: datetime | None = None
    running: bool = False

    async def load(self) -> None:
        """Read which doors it is about."""
        self.doors = await doors_to_open(self.ctx, self.site_id)

    def reason(self) -> str:
        """Why nothing can be opened; empty when it can."""
        if not self.site_id:
            return translate("Choose a site first.")
        return "" if self.doors else translate("The site has no emergency door. Choose them in its settings.")

    async def open(self, told: Callable[[], object]) -> None:
        """Open all doors, or after a first try those that did not open; `told()` after each answer."""
        left = [d.relay.id for d in self.doors if d.relay.id not in self._opened()]
        self.began = self.began or self.ctx.clock.now()
        self.running = True

        def heard(answer: EmergencyAnswer) -> None:
            self.answers[answer.door.relay.id] = answer
            told()

        try:
            await open_in_emergency(self.ctx, self.site_id, seconds=self.seconds, only=left, told=heard)
        finally:
            self.running = False

    def _opened(self) -> set[str]:
        return {key for key, answer in self.answers.items() if answer.verdict in OPENED}

    def shut(self) -> list[Door]:
        """The doors that did not open, as far as they answered."""
        opened = self._opened()
        return [d for d in self.doors if d.relay.id in self.answers and d.relay.id not in opened]

    def ordered(self) -> list[Door]:
        """The doors as they are shown: once all have answered, those that need somebody come first."""
        shut = {d.relay.id for d in self.shut()} if self.done else set()
        return sorted(self.doors, key=lambda d: d.relay.id not in shut)

    def away(self) -> list[Door]:
        """Doors that cannot be reached from here and for which nobody at the site was asked yet."""
        return [
            d
            for d in self.shut()
            if self.answers[d.relay.id].verdict in AWAY and d.relay.id not in self.asked
        ]

    async def ask_site(self) -> None:
        """Ask whoever is on the site's LAN to open what cannot be reached from here."""
        for door in self.away():
            number = str(door.relay.number)
            await ask(self.ctx, self.site_id, TaskKind.RELAY, device_id=door.device.id, what=number)
            self.asked.add(door.relay.id)

    @property
    def done(self) -> bool:
        """Whether every door has answered."""
        return bool(self.doors) and all(d.relay.id in self.answers for d in self.doors)

    def state(self, door: Door) -> tuple[str, str]:
        """(mark, words) of a door."""
        answer = self.answers.get(door.relay.id)
        if door.relay.id in self.asked:
            return "waiting", translate("Asked at the site; it opens for its hold time.")
        if answer is None:
            return ("running", "") if self.running else ("todo", "")
        return answer.verdict.value, answer.said

    def sentence(self) -> str:
        """How it stands, in one line."""
        total = len(self.doors)
        if not self.answers:
            return counted(total, "{0} door opens and stays open.", "{0} doors open and stay open.")
        words = translate("{0} of {1} doors opened.").format(len(self._opened()), total)
        return f"{words} {translate('The others need somebody at the door.')}" if self.shut() else words

    def receipt(self, site: str, zone: str) -> str:
        """What is copied or filed: when, who, and each door with its answer."""
        actor = self.ctx.actor
        at = time_word(self.began, self.ctx.clock.now(), zone) if self.began else ""
        head = [
            translate("Emergency at {0}").format(site),
            f"{at} ({zone}), {actor.name if actor else ''}",
            self.sentence(),
        ]
        return "\n".join([*head, *self._lines(self.doors)])

    def _lines(self, doors: Sequence[Door]) -> list[str]:
        lines = []
        for door in doors:
            mark, said = self.state(door)
            word = verdict_word(mark) if self.answers.get(door.relay.id) else translate("not opened yet")
            lines.append(f"{door.name}: {word}. {said}".strip())
        return lines


def span_words(seconds: int) -> str:
    """`30 minutes`, `8 hours`."""
    if seconds < 3600:
        return counted(seconds // 60, "{0} minute", "{0} minutes")
    return counted(seconds // 3600, "{0} hour", "{0} hours")
