"""How one order of rows became another: few rows out and in, or everything anew. Pure; no Qt here."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

FEW = 64
"""Above this many single rows, telling the view of each costs more than laying it out again."""
WINDOW = 4096
"""A changed stretch longer than this is not looked into row by row."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What to tell a view. `removes` are (first, last) in the old order, last stretch first; `inserts` are
    (first, last) in the new order, first stretch first. `anew`: too much moved, lay out again.
    """

    removes: tuple[tuple[int, int], ...] = ()
    inserts: tuple[tuple[int, int], ...] = ()
    anew: bool = False

    @property
    def nothing(self) -> bool:
        """True when both orders are the same."""
        return not (self.removes or self.inserts or self.anew)


def shift_between(old: Sequence[Hashable], new: Sequence[Hashable]) -> Shift:
    """Compare two orders of unique keys. Costs one pass over what they share, and a set of what differs."""
    start = _common(old, new)
    end = _common_end(old, new, start)
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if not left and not right:
        return Shift()
    if len(left) > WINDOW or len(right) > WINDOW:
        return _one_stretch(start, left, right)
    stays = set(left) & set(right)
    kept_left, kept_right = [k for k in left if k in stays], [k for k in right if k in stays]
    gone = [start + i for i, k in enumerate(left) if k not in stays]
    come = [start + i for i, k in enumerate(right) if k not in stays]
    if kept_left != kept_right or (len(gone) + len(come) > FEW and stays):
        return Shift(anew=True)
    return Shift(tuple(reversed(_stretches(gone))), tuple(_stretches(come)))


def _one_stretch(start: int, left: Sequence[Hashable], right: Sequence[Hashable]) -> Shift:
    """One long stretch went or came as a whole; anything else is laid out anew."""
    if not right:
        return Shift(removes=((start, start + len(left) - 1),))
    if not left:
        return Shift(inserts=((start, start + len(right) - 1),))
    return Shift(anew=True)


def _common(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    limit = min(len(old), len(new))
    if old[:limit] == new[:limit]:
        return limit
    low, high = 0, limit
    # Comparing slices of an array runs in C; halving finds the first difference without a loop over a million rows.
    while high - low > 1:
        middle = (low + high) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle
    return low if old[low] != new[low] else low + 1


def _common_end(old: Sequence[Hashable], new: Sequence[Hashable], start: int) -> int:
    limit = min(len(old), len(new)) - start
    low, high = 0, limit + 1
    while high - low > 1:
        middle = (low + high) // 2
        if old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]:
            low = middle
        else:
            high = middle
    return low


def _stretches(places: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found
