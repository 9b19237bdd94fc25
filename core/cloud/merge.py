"""Field merge by versions, without clocks (sync.md 3.9): a pure function of the row, the edit and who wrote what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.cloud.rows import Held
from core.schema.entity import EntitySpec
from core.schema.field import Stored
from core.wire.messages import Clash, Mutation

_DEFAULTS: dict[str, dict[str, Stored]] = {}


@dataclass(slots=True)
class Merged:
    """What an edit comes to. `others`: somebody else changed the row since the version the edit was based on."""

    applied: dict[str, Stored] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)
    others: bool = False
    whole: bool = False
    """The row is new, or back."""
    removes: bool = False

    @property
    def changes(self) -> bool:
        """Whether the row is another afterwards."""
        return bool(self.applied) or self.whole or self.removes


def new_values(spec: EntitySpec[Any]) -> dict[str, Stored]:
    """The fields of a new row that were not given: defaults; a field that must be given is left out."""
    if spec.name not in _DEFAULTS:
        _DEFAULTS[spec.name] = {c.name: c.store(c.default) for c in spec.columns if not c.required}
    return dict(_DEFAULTS[spec.name])


def merge_fields(held: Held, fields: Mapping[str, Stored], base_ver: int, replica: str) -> Merged:
    """A field is taken unless somebody else wrote it after the version that the person saw; then both values are
    kept: the cloud's in the row, the other one in the person's tray.
    """
    merged = Merged(others=_others(held, base_ver, replica))
    for name, value in fields.items():
        present = held.values[name]
        if present == value:
            continue
        ver, author = held.author(name)
        if ver <= base_ver or is_own(author, replica):
            merged.applied[name] = value
        elif held.spec.by_name[name].kind.merge != "scalar":
            merged.applied[name] = _joined(held.spec.by_name[name].kind.merge, present, value)
            merged.others = True
        else:
            merged.clashes.append(Clash(name, present, author, 0))
    return merged


def merge_delete(held: Held, base_ver: int, replica: str) -> Merged:
    """A row that somebody else changed meanwhile is not removed unseen; one that is gone is gone."""
    if held.deleted:
        return Merged()
    changed = [name for name in held.spec.names if _by_another(held, name, base_ver, replica)]
    if not changed:
        return Merged(removes=True)
    return Merged(clashes=[Clash(n, held.values[n], held.author(n)[1], 0) for n in changed], others=True)


def _others(held: Held, base_ver: int, replica: str) -> bool:
    return held.ver > base_ver and any(_by_another(held, name, base_ver, replica) for name in held.fver)


def _by_another(held: Held, name: str, base_ver: int, replica: str) -> bool:
    ver, author = held.author(name)
    return ver > base_ver and not is_own(author, replica)


def author_of(maker: str, carrier: str) -> str:
    """Who stands as the author of a field: the replica that made the edit and, where that is another, the one that
    brought it.
    """
    return maker if maker == carrier else f"{maker}/{carrier}"


def add_carrier(held: Held, m: Mutation, ver: int, carrier: str) -> bool:
    """Put a carrier beside the maker of an edit, for the fields that still hold what the edit wrote at that version;
    whether anything was changed.
    """
    names = ("*", *m.fields) if m.op == "create" else tuple(m.fields)
    before = dict(held.fver)
    for name in names:
        at, author = held.fver.get(name, (0, ""))
        if at == ver and author.split("/")[0] == m.origin and not is_own(author, carrier):
            held.fver[name] = (at, f"{author}/{carrier}")
    return held.fver != before


def is_own(author: str, replica: str) -> bool:
    """Whether a replica has made or carried what an author stands for."""
    return replica in author.split("/")


def _joined(way: str, present: Stored, value: Stored) -> Stored:
    if way == "max":
        return max(int(present or 0), int(value or 0))
    return f"{present}\n{value}" if present else value
