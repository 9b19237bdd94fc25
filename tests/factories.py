"""Rows of any entity with valid random values, derived from its declaration.

make(RESIDENT, first_name="Ada")      a row in memory; references are ids of rows that do not exist
plant(tx, CREDENTIAL, kind=...)       a row in the mirror; what it refers to is planted first
"""

from __future__ import annotations

import itertools
import random
import string
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core.base.ids import new_id
from core.entities import BY_NAME
from core.entities.device import DeviceKind
from core.entities.lock import LockBrand
from core.schema.entity import Column, EntitySpec, R, Scope
from core.schema.field import (
    Choice,
    Day,
    Daytime,
    Digest,
    Digests,
    Doc,
    Field,
    Flag,
    Items,
    Mac,
    Moment,
    Number,
    Ref,
    Secret,
    Text,
)
from core.store.tx import Tx

_random = random.Random(20260301)
_counter = itertools.count(1)

WORDS = (
    "Acer",
    "Birch",
    "Cedar",
    "Dahlia",
    "Elm",
    "Fir",
    "Ginkgo",
    "Hazel",
    "Iris",
    "Juniper",
    "Kauri",
    "Linden",
)


def random_word(limit: int = 24) -> str:
    """A short unique name; with a limit below 16 only its tail, below 8 not unique."""
    tail = "".join(_random.choices(string.ascii_lowercase + string.digits, k=8))
    return f"{_random.choice(WORDS)} {tail}" if limit >= 16 else tail[:limit]


def random_mac() -> str:
    """A MAC in stored form, of one maker's range; none comes twice in 16 million."""
    return f"0C1105{next(_counter) * 0x9E3779 % (1 << 24):06X}"


def random_pin() -> str:
    """A PIN of eight digits that does not start with 9 (CRED-01); none comes twice in 80 million."""
    return f"{10_000_000 + next(_counter) * 48_271_003 % 80_000_000}"


def random_moment() -> datetime:
    """A moment of the years 2020 to 2029, to the millisecond."""
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=_random.randrange(10 * 365 * 86_400_000))


def _number(kind: Number) -> int:
    return _random.randint(max(kind.low, -1_000_000), min(kind.high, 1_000_000))


_MAKERS: dict[type[Field], Callable[[Any], Any]] = {
    Text: lambda kind: random_word(kind.max_len),
    Secret: lambda kind: random_pin()[: kind.max_len],
    Number: _number,
    Flag: lambda _kind: _random.random() < 0.5,
    Choice: lambda kind: _random.choice(list(kind.of)),
    Moment: lambda _kind: random_moment(),
    Day: lambda _kind: date(2026, 1, 1) + timedelta(days=_random.randrange(365)),
    Daytime: lambda _kind: time(_random.randrange(24), _random.randrange(60), _random.randrange(60)),
    Ref: lambda _kind: new_id(),
    Mac: lambda _kind: random_mac(),
    Digest: lambda _kind: f"{_random.getrandbits(256):064x}",
    Digests: lambda _kind: tuple(f"{_random.getrandbits(256):064x}" for _ in range(2)),
    Items: lambda _kind: (),
    Doc: lambda _kind: {"answer": _random.randrange(100)},
}

SPECIAL: dict[tuple[str, str], Callable[[], Any]] = {
    ("cameras", "address"): lambda: f"rtsp://10.0.0.{_random.randrange(1, 255)}:554/stream1",
    ("controller_relays", "number"): lambda: _random.randrange(1, 5),
    ("apartments", "number"): lambda: f"{_random.randrange(1, 1 << 30):X}",
    ("credentials", "kind"): lambda: BY_NAME["credentials"].by_name["kind"].kind.parse("pin"),
    ("device_settings", "key"): lambda: f"Config.Test.{_random.randrange(1 << 40):X}",
    ("firmware_releases", "md5"): lambda: f"{_random.getrandbits(128):032x}",
    ("firmware_releases", "version"): lambda: ".".join(str(_random.randrange(1, 999)) for _ in range(4)),
}
"""Values that only the entity's own rules know to be right."""

GIVEN = {("residents", "apartment_id"), ("credentials", "code"), ("screen_savers", "pictures")}
"""Fields with a default that the default kind of row cannot do without."""

PARENTS: dict[tuple[str, str], dict[str, Any]] = {
    ("relay_controllers", "device_id"): {"kind": DeviceKind.MONITOR},
    ("lock_holds", "lock_id"): {"brand": LockBrand.ITEC},
    ("locks", "site_id"): {"itec": True},
}
"""What a planted parent has to be for its child."""


def _wanted(spec: EntitySpec[Any], column: Column) -> bool:
    return column.required or (spec.name, column.name) in GIVEN


def random_value(spec: EntitySpec[Any], column: Column) -> Any:
    """A valid value of a field."""
    special = SPECIAL.get((spec.name, column.name))
    return special() if special else _MAKERS[type(column.kind)](column.kind)


def make(spec: EntitySpec[R], **overrides: Any) -> R:
    """A row in memory: required fields get valid random values, the others their defaults."""
    values: dict[str, Any] = {"id": new_id(), "scope_id": "" if spec.scope is Scope.LOCAL else new_id()}
    values |= {c.name: random_value(spec, c) for c in spec.columns if _wanted(spec, c)}
    if "site_id" in values:
        values["scope_id"] = overrides.get("site_id", values["site_id"])
    values |= overrides
    if spec.name == "sites":
        values["scope_id"] = values["id"]
    return spec.row(**values)


def plant(tx: Tx, spec: EntitySpec[R], **overrides: Any) -> R:
    """A row in the mirror. Rows that it needs and that are not named are planted too, all of one site."""
    known = dict(overrides)
    for column in spec.columns:
        if column.name in known or not isinstance(column.kind, Ref) or not _wanted(spec, column):
            continue
        target = BY_NAME[column.kind.to]
        more = PARENTS.get((spec.name, column.name), {})
        known[column.name] = plant(tx, target, **_shared(target, known), **more).id
    if spec.scope is not Scope.LOCAL and "scope_id" not in known:
        known["scope_id"] = _scope_of(tx, spec, known)
    return tx.put(spec, make(spec, **known))


def _shared(target: EntitySpec[Any], known: dict[str, Any]) -> dict[str, Any]:
    """What a parent has in common with its child: the site, and the building of an apartment."""
    return {
        name: known[name] for name in ("site_id", "building_id") if name in known and name in target.by_name
    }


def _scope_of(tx: Tx, spec: EntitySpec[Any], known: dict[str, Any]) -> str:
    if "site_id" in known:
        return str(known["site_id"])
    for column in spec.refs:
        if known.get(column.name):
            return str(tx.require(BY_NAME[column.kind.to], known[column.name]).scope_id)  # type: ignore[attr-defined]
    return new_id()
