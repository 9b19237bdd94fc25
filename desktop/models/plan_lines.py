"""Plan and proof of one device as lines: what it has, what it gets, where that comes from, and the verdict.

Without a reading of the device the lines say what is wanted and what the receipts prove; after `plan_device` they also
say what the device holds now. Nothing here shows a PIN or card.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.base.verdict import Verdict
from core.entities.device import Device
from core.entities.proof import PROOF, ItemKind, Proof
from core.rules.compile import device_user_id
from core.rules.plan import Act, Plan, PlanItem, wanted_only
from core.rules.status import DeviceStatus, ItemStatus, status_of
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.desired import device_target
from desktop.models.columns import ListColumn, col
from desktop.models.rows_table import Group
from desktop.models.words import number_word, time_word, translate, verdict_word
from desktop.qt.language import spoken
from desktop.qt.roles import DetailRow, GroupRow, HasGets, Link, Look, RowLook

Key = tuple[ItemKind, str]
"""Kind and subject of an item."""

ORDER = (ItemKind.SETTING, ItemKind.PERSON, ItemKind.SCHEDULE, ItemKind.CONTACT, ItemKind.FIRMWARE)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One item of a device. `has` None: the device was not read in this session."""

    kind: ItemKind
    subject: str
    title: str
    verdict: Verdict
    gets: str
    has: str | None = None
    said: str = ""
    at: datetime | None = None
    by: str = ""
    act: Act = Act.KEEP

    @property
    def key(self) -> str:
        """What identifies the line."""
        return f"{self.kind.value}:{self.subject}"

    @property
    def open(self) -> bool:
        """Whether something is left to do or to decide."""
        return self.verdict is not Verdict.PROVED or self.act not in {Act.KEEP, Act.FOREIGN}


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """What the plan tab shows: the device, its status, and its lines."""

    device: Device
    status: DeviceStatus
    lines: tuple[PlanLine, ...]
    proofs: tuple[Proof, ...] = ()

    @property
    def last_read(self) -> Proof | None:
        """The latest receipt that came of reading the device."""
        return _latest([p for p in self.proofs if p.verdict in _READ])

    @property
    def last_try(self) -> Proof | None:
        """The latest attempt, when it came to no reading."""
        tried = _latest(list(self.proofs))
        return tried if tried is not None and tried.verdict not in _READ else None


_READ = frozenset({Verdict.PROVED, Verdict.DIFFERS, Verdict.FOREIGN, Verdict.ACCEPTED})
"""Verdicts that need the device to have answered; one item may be refused in the same reading."""


def _latest(proofs: Sequence[Proof]) -> Proof | None:
    return max((p for p in proofs if p.at), key=lambda p: p.at.timestamp() if p.at else 0.0, default=None)


async def load_plan(ctx: Context, device_id: str, observed: Plan | None = None) -> DevicePlan:
    """The plan of a device from the mirror, enriched by a plan that was made by reading the device."""
    target = await device_target(ctx, device_id)

    def work(reader: Reader) -> list[Proof]:
        return reader.find(PROOF, device_id=device_id)

    proofs = await ctx.mirror.read(work)
    status = status_of(target.desired, proofs)
    wanted = {i.key: i for i in wanted_only(target.desired).items}
    seen = _seen(target.device, status, wanted, observed.items if observed else ())
    lines = [
        _line(item, wanted.get((item.kind, item.subject)), seen) for item in (*status.items, *status.foreign)
    ]
    known = {(line.kind, line.subject) for line in lines}
    lines += [_found(item) for key, item in seen.items() if key not in known]
    # What is left to do stands first in its kind; otherwise the order is the plan's.
    lines.sort(key=lambda x: not x.open)
    return DevicePlan(target.device, status, tuple(lines), tuple(proofs))


def _seen(
    device: Device, status: DeviceStatus, wanted: Collection[Key], items: Sequence[PlanItem]
) -> dict[Key, PlanItem]:
    """What a reading found, by the receipt's key: of somebody who is wanted no more a device tells its own id only, and
    receipts the person's.
    """
    gone = [
        i.subject for i in status.items if i.kind is ItemKind.PERSON and (i.kind, i.subject) not in wanted
    ]
    named: dict[Key, Key] = {
        (ItemKind.PERSON, device_user_id(device.site_id, subject)): (ItemKind.PERSON, subject)
        for subject in gone
    }
    return {named.get(item.key, item.key): item for item in items}


def _line(item: ItemStatus, wanted: PlanItem | None, seen: dict[Key, PlanItem]) -> PlanLine:
    now = seen.get((item.kind, item.subject))
    proof = item.proof
    return PlanLine(
        item.kind,
        item.subject,
        item.title,
        item.verdict,
        wanted.gets if wanted else "",
        now.has if now else None,
        item.said,
        proof.at if proof else None,
        proof.by if proof else "",
        now.act if now else (Act.FOREIGN if item.verdict is Verdict.FOREIGN else Act.KEEP),
    )


def _found(item: PlanItem) -> PlanLine:
    """Something that the reading found and no receipt knows of yet."""
    foreign = item.act is Act.FOREIGN
    verdict = Verdict.FOREIGN if foreign else Verdict.DIFFERS
    return PlanLine(item.kind, item.subject, item.title, verdict, item.gets, item.has, item.why, act=item.act)


def kind_word(kind: ItemKind) -> str:
    """The heading of a kind."""
    words = {
        ItemKind.SETTING: translate("Settings"),
        ItemKind.PERSON: translate("People"),
        ItemKind.SCHEDULE: translate("Schedules"),
        ItemKind.CONTACT: translate("Contacts"),
        ItemKind.FIRMWARE: translate("Firmware"),
    }
    return words[kind]


def verdict_cell(line: PlanLine, now: datetime, zone: str) -> str:
    """`proved 09:12`, `refused: HoldDelayB: out of range`, `waiting`; the word first, then the shortest why."""
    word = verdict_word(line.verdict)
    if line.verdict is Verdict.PROVED:
        return f"{word} {time_word(line.at, now, zone)}".strip()
    if line.verdict is Verdict.FOREIGN or not line.said:
        return word
    return f"{word}: {spoken(line.said)}"


def plan_columns(ctx: Context, zone: str) -> list[ListColumn]:
    """The columns of the plan."""

    def verdict(line: PlanLine) -> str:
        return verdict_cell(line, ctx.clock.now(), zone)

    return [
        col("title", translate("Item"), lambda x: spoken(x.title), 200, _title_look),
        col("change", translate("Has → gets"), change_words, 280, _change_look, sortable=False),
        col("verdict", translate("Verdict"), verdict, 260, _verdict_look, stretch=True),
    ]


def _title_look(line: PlanLine) -> Look:
    return Look(strong=line.open)


def change_words(line: PlanLine) -> str:
    """`5 -> 8`, or what is wanted alone while the device was not read."""
    if line.verdict is Verdict.FOREIGN:
        return " · ".join(
            part for part in (spoken(line.has or ""), translate("stays until you decide")) if part
        )
    gets = spoken(line.gets) or translate("removed")
    if line.has is None or line.has == line.gets:
        return gets
    return f"{spoken(line.has) or translate('not there')} → {gets}"


def _change_look(line: PlanLine) -> Look:
    mono = line.kind in {ItemKind.FIRMWARE, ItemKind.SETTING}
    if line.verdict is Verdict.FOREIGN or line.has is None or line.has == line.gets:
        tone = "t3" if line.verdict in {Verdict.PROVED, Verdict.FOREIGN} else "t1"
        return Look(mono=mono, tone=tone)
    has, gets = spoken(line.has), spoken(line.gets)
    return Look(has_gets=HasGets(has or translate("not there"), gets or translate("removed"), mono))


def _verdict_look(line: PlanLine) -> Look:
    return Look(verdict=line.verdict.value, reason=line.said)


def plan_row_look(line: PlanLine) -> RowLook:
    """A stripe where a person is needed."""
    needs = {Verdict.REFUSED, Verdict.DIFFERS, Verdict.AMBIGUOUS, Verdict.FOREIGN}
    return RowLook(stripe=line.verdict.value if line.verdict in needs else "")


def plan_detail(line: PlanLine) -> DetailRow | None:
    """The explanation under a line that needs one: what was said, and the ways out."""
    lead = {
        Verdict.REFUSED: translate("The device said"),
        Verdict.DIFFERS: translate("Read back"),
        Verdict.AMBIGUOUS: translate("Broke off after sending"),
        Verdict.UNREACHABLE: translate("No answer"),
        Verdict.FOREIGN: translate("On the device"),
    }.get(line.verdict)
    if lead is None:
        return None
    meaning = {
        Verdict.REFUSED: translate("It stays as it was on the device. Change what is wanted, or push again."),
        Verdict.DIFFERS: translate(
            "Said yes is not done: only what is read back counts. Push again, then it is read anew."
        ),
        Verdict.AMBIGUOUS: translate("It may have taken effect. Reading the device tells."),
        Verdict.UNREACHABLE: translate("It is tried again with the next push."),
        Verdict.FOREIGN: translate("Nobody at this site put it there, so no push removes it."),
    }[line.verdict]
    acts = (
        ()
        if line.verdict is Verdict.FOREIGN
        else (Link("push", translate("Push again")), Link("read", translate("Read again")))
    )
    return DetailRow(lead, spoken(line.said), meaning, acts, line.verdict.value)


def plan_heading(name: str, lines: Sequence[PlanLine]) -> Group:
    """The heading of a kind: how many, how they stand."""
    kind = ItemKind(name)
    counts: dict[str, int] = {}
    for line in lines:
        counts[line.verdict.value] = counts.get(line.verdict.value, 0) + 1
    parts = tuple((word, float(counts[word])) for word in _STACK if word in counts)
    proved = counts.get("proved", 0)
    note = translate("{0} proved").format(number_word(proved)) if proved else ""
    return Group(name, ORDER.index(kind), GroupRow(kind_word(kind), number_word(len(lines)), note, parts))


_STACK = ("proved", "accepted", "waiting", "differs", "refused", "ambiguous", "foreign", "unreachable")
