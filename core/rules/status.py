"""Where a device stands, from what is wanted now and the proofs there are. Never better than the proofs say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.base.verdict import Verdict, worst
from core.entities.proof import ItemKind, Proof
from core.rules.desired import Desired
from core.rules.plan import Plan, wanted_only

_ABOUT_DEVICE = frozenset({Verdict.REFUSED, Verdict.UNREACHABLE, Verdict.AMBIGUOUS, Verdict.WAITING})
"""When every item has such a verdict with the same words, the words are about the device, not about an item."""

_ON_THE_DEVICE = frozenset({ItemKind.PERSON, ItemKind.SCHEDULE, ItemKind.CONTACT})
"""Kinds that stay on a device until their removal is proved."""


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """One wanted item and the verdict that still holds for it."""

    kind: ItemKind
    subject: str
    title: str
    verdict: Verdict
    said: str = ""
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """All wanted items of one device, and what is on it that nobody wants."""

    device_id: str
    items: tuple[ItemStatus, ...]
    foreign: tuple[ItemStatus, ...] = ()

    def verdict(self, *kinds: ItemKind) -> Verdict:
        """The verdict of a kind (or of all): its worst item's; PROVED when nothing of it is wanted."""
        return worst([i.verdict for i in self.items if not kinds or i.kind in kinds])

    def count(self, kind: ItemKind, *verdicts: Verdict) -> int:
        """How many wanted items of a kind have one of the verdicts (or there are)."""
        return sum(1 for i in self.items if i.kind is kind and (not verdicts or i.verdict in verdicts))

    def counts(self) -> Mapping[Verdict, int]:
        """How many items have each verdict, foreign findings included."""
        every = [*self.items, *self.foreign]
        return {v: n for v in Verdict if (n := sum(1 for i in every if i.verdict is v))}

    def reason(self) -> str:
        """What was said about the worst items: the sentence alone when it is the same for all of them, else the
        first item by name and how many more there are.
        """
        verdict = self.verdict()
        worst_items = [i for i in self.items if i.verdict is verdict and i.said]
        if not worst_items:
            return ""
        first = worst_items[0]
        if len({i.said for i in worst_items}) == 1 and len(worst_items) > 1:
            return (
                first.said
                if verdict in _ABOUT_DEVICE
                else f"{len(worst_items)} items, first {first.title}: {first.said}"
            )
        more = f" And {len(worst_items) - 1} more." if len(worst_items) > 1 else ""
        return f"{first.title}: {first.said}{more}"


def status_of(desired: Desired, proofs: Iterable[Proof]) -> DeviceStatus:
    """Match proofs to what is wanted now: a proof of something else than what is wanted now counts as nothing."""
    by_key = {(p.kind, p.subject): p for p in proofs}
    plan: Plan = wanted_only(desired)
    items = []
    for item in plan.items:
        proof = by_key.pop(item.key, None)
        if proof is None or proof.wanted != item.fingerprint:
            said = "Changed since it was last pushed." if proof else "Not pushed to the device yet."
            items.append(ItemStatus(item.kind, item.subject, item.title, Verdict.WAITING, said, proof))
        else:
            items.append(ItemStatus(item.kind, item.subject, item.title, proof.verdict, proof.said, proof))
    # A person or schedule that is no longer wanted stays an open item until its removal is proved (W9).
    for proof in by_key.values():
        if not proof.wanted and proof.verdict is not Verdict.FOREIGN:
            items.append(ItemStatus(proof.kind, proof.subject, proof.title, proof.verdict, proof.said, proof))
        elif proof.wanted and proof.kind in _ON_THE_DEVICE:
            said = "Still on the device until its removal is proved."
            items.append(ItemStatus(proof.kind, proof.subject, proof.title, Verdict.WAITING, said, proof))
    foreign = [
        ItemStatus(p.kind, p.subject, p.title, p.verdict, p.said, p)
        for p in by_key.values()
        if p.verdict is Verdict.FOREIGN
    ]
    return DeviceStatus(desired.device_id, tuple(items), tuple(foreign))
