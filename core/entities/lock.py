"""Third-party locks, and the access groups that open them (GRP-01, DEV-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from core.base.verdict import Verdict
from core.entities.credential import CredentialKind
from core.schema.entity import EntitySpec, Row, Scope, spec_of
from core.schema.field import Choice, Flag, Moment, Number, Ref, Text


class LockBrand(StrEnum):
    """DEV-10: makers of third-party locks."""

    DORMAKABA = "dormakaba"
    SALTO = "salto"
    ITEC = "itec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock(Row):
    """A third-party lock of a site or an apartment (DEV-10).

    Linked to a door phone (`device_id`) it follows that phone: who opens any relay of the phone opens the lock, and no
    group is offered it. What it says of itself (`battery` in percent, `status`) came from its maker's service.
    """

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=64, searchable=True)]
    brand: Annotated[LockBrand, Choice(label="Brand", of=LockBrand)]
    serial: Annotated[str, Text(label="Serial number", max_len=64, searchable=True)] = ""
    gateway: Annotated[str, Text(label="Gateway", max_len=64, searchable=True)] = ""
    building_id: Annotated[str | None, Ref(label="Building", to="buildings", indexed=True)] = None
    apartment_id: Annotated[str | None, Ref(label="Apartment", to="apartments", indexed=True)] = None
    device_id: Annotated[str | None, Ref(label="Linked device", to="devices", indexed=True)] = None
    active: Annotated[bool, Flag(label="Active")] = True
    battery: Annotated[int | None, Number(label="Battery in percent", low=0, high=100)] = None
    status: Annotated[str, Text(label="Status", max_len=64)] = ""
    made_at: Annotated[datetime | None, Moment(label="Created")] = None
    expires_at: Annotated[datetime | None, Moment(label="Expires")] = None


LOCK: EntitySpec[Lock] = spec_of(
    Lock,
    name="locks",
    number=31,
    label="Lock",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("site_id", "name"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLock(Row):
    """One third-party lock that one access group opens (GRP-01)."""

    group_id: Annotated[str, Ref(label="Access group", to="access_groups", indexed=True)]
    lock_id: Annotated[str, Ref(label="Lock", to="locks", indexed=True)]


GROUP_LOCK: EntitySpec[GroupLock] = spec_of(
    GroupLock,
    name="group_locks",
    number=32,
    label="Group lock",
    scope=Scope.SITE,
    title=(),
    natural_key=("group_id", "lock_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockHold(Row):
    """An iTec lock that is held open during the times of one access group (DEV-10)."""

    lock_id: Annotated[str, Ref(label="Lock", to="locks", indexed=True)]
    group_id: Annotated[str, Ref(label="Access group", to="access_groups", indexed=True)]


LOCK_HOLD: EntitySpec[LockHold] = spec_of(
    LockHold,
    name="lock_holds",
    number=44,
    label="Lock held open",
    scope=Scope.SITE,
    title=(),
    natural_key=("lock_id", "group_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockCode(Row):
    """One code of one person that a lock was given at its maker's program, as somebody said (SET-03, INT-02).

    No lock is read from here, so ACCEPTED is the best there is; REFUSED with what the maker's program said. `person` is
    the id of a row that may be gone, `name` outlives it; `mark` is a fingerprint of the code, never the code.
    """

    lock_id: Annotated[str, Ref(label="Lock", to="locks", indexed=True)]
    person: Annotated[str, Text(label="Person", max_len=32, indexed=True)]
    kind: Annotated[CredentialKind, Choice(label="Kind", of=CredentialKind)]
    mark: Annotated[str, Text(label="Fingerprint", max_len=32)]
    name: Annotated[str, Text(label="Name", max_len=160, searchable=True)] = ""
    verdict: Annotated[Verdict, Choice(label="Verdict", of=Verdict)] = Verdict.ACCEPTED
    said: Annotated[str, Text(label="What was said", max_len=400)] = ""
    at: Annotated[datetime | None, Moment(label="At")] = None
    by: Annotated[str, Text(label="Said by", max_len=128)] = ""


LOCK_CODE: EntitySpec[LockCode] = spec_of(
    LockCode,
    name="lock_codes",
    number=45,
    label="Code of a lock",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("lock_id", "person", "kind", "mark"),
)
