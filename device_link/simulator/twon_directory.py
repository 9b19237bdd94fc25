"""The directory of a simulated 2N unit: entries with uuid and timestamp, kept when deleted; a series per reset."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CARDS = 2
CODES = 4
BATCH = 50
"""Entries in one answer to a query; the rest is asked for by timestamp."""
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_TEXTS = {"name": 63, "owner": 64, "email": 255, "virtNumber": 7, "treepath": 255}
_ACCESS_TEXTS = {"pin": 15, "validFrom": 20, "validTo": 20}


class WrongMember(Exception):
    """A member of an entry has a wrong value; its name and the error's word go into the answer."""

    def __init__(self, name: str, word: str) -> None:
        super().__init__(name)
        self.name = name
        self.word = word


def blank() -> dict[str, Any]:
    """Return an entry as the template tells it: every member with its default."""
    return {
        "owner": "",
        "name": "",
        "photo": "",
        "email": "",
        "treepath": "/",
        "virtNumber": "",
        "callPos": [{"peer": ""}],
        "deleted": False,
        "access": {"validFrom": "0", "validTo": "0", "pin": "", "card": [""] * CARDS, "code": [""] * CODES},
    }


@dataclass
class Directory:
    """Entries by uuid. `source` makes uuids and series, so that a seed gives the same ones."""

    source: random.Random
    series: str = ""
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    clock: int = 0

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everybody; a new series tells callers that nothing they know holds."""
        self.entries.clear()
        self.clock = 0
        self.series = str(self.source.randrange(10**9, 10**10))

    def query(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Answer `dir/query`: entries changed since a timestamp, oldest change first, a batch at a time."""
        iterator = wanted.get("iterator")
        since = iterator.get("timestamp", 0) if isinstance(iterator, dict) else 0
        since = since if isinstance(since, int) else 0
        if wanted.get("series") not in {None, "", self.series}:
            since = 0
        fields = wanted.get("fields")
        fresh = sorted(
            (one for one in self.entries.values() if one["timestamp"] > since),
            key=lambda one: one["timestamp"],
        )
        return {"series": self.series, "users": [_shown(one, fields) for one in fresh[:BATCH]]}

    def create(self, users: list[Any], *, force: bool) -> list[dict[str, Any]]:
        """Answer `dir/create`: for each user the new uuid, or its errors."""
        return [self._create(one if isinstance(one, dict) else {}, force=force) for one in users]

    def _create(self, user: dict[str, Any], *, force: bool) -> dict[str, Any]:
        given = user.get("uuid")
        uuid = str(given).upper() if given else self._new_uuid()
        if not _UUID.fullmatch(uuid):
            return {"errors": [{"field": "uuid", "code": "EINVAL"}]}
        there = self.entries.get(uuid)
        if there is not None and not there["deleted"] and not force:
            return {"uuid": uuid, "errors": [{"field": "uuid", "code": "EEXIST"}]}
        return self._store(uuid, blank(), user)

    def update(self, users: list[Any]) -> list[dict[str, Any]]:
        """Answer `dir/update`: members that are not sent stay as they are."""
        answers: list[dict[str, Any]] = []
        for user in users:
            one = user if isinstance(user, dict) else {}
            there = self._living(one.get("uuid"))
            if there is None:
                answers.append(
                    {"uuid": str(one.get("uuid"))[:36], "errors": [{"field": "uuid", "code": "ENOENT"}]}
                )
            else:
                answers.append(self._store(there["uuid"], there, one))
        return answers

    def delete(self, users: list[Any], owner: str) -> list[dict[str, Any]]:
        """Answer `dir/delete`, by uuid or by owner; what is deleted stays with its uuid only."""
        wanted = [str(one.get("uuid")) for one in users if isinstance(one, dict)]
        if owner:
            wanted += [uuid for uuid, one in self.entries.items() if one.get("owner") == owner]
        answers: list[dict[str, Any]] = []
        for uuid in wanted:
            if self._living(uuid) is None:
                answers.append({"uuid": uuid[:36], "errors": [{"field": "uuid", "code": "ENOENT"}]})
                continue
            self.clock += 1
            self.entries[uuid.upper()] = {"uuid": uuid.upper(), "deleted": True, "timestamp": self.clock}
            answers.append({"uuid": uuid.upper(), "timestamp": self.clock})
        return answers

    def living(self) -> list[dict[str, Any]]:
        """Return the entries that are not deleted."""
        return [one for one in self.entries.values() if not one["deleted"]]

    def _living(self, uuid: object) -> dict[str, Any] | None:
        found = self.entries.get(str(uuid).upper())
        return found if found is not None and not found["deleted"] else None

    def _store(self, uuid: str, base: dict[str, Any], user: dict[str, Any]) -> dict[str, Any]:
        try:
            merged = _merged(base, user)
            self._unique_pin(uuid, merged)
        except WrongMember as wrong:
            return {"uuid": uuid, "errors": [{"field": wrong.name, "code": wrong.word}]}
        self.clock += 1
        self.entries[uuid] = merged | {"uuid": uuid, "timestamp": self.clock, "deleted": False}
        return {"uuid": uuid, "timestamp": self.clock}

    def _unique_pin(self, uuid: str, merged: dict[str, Any]) -> None:
        pin = merged["access"]["pin"]
        others = (one for one in self.living() if one["uuid"] != uuid)
        if pin and any(one["access"]["pin"] == pin for one in others):
            raise WrongMember("access.pin", "EUNIQ")

    def _new_uuid(self) -> str:
        digits = f"{self.source.getrandbits(128):032X}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _merged(base: dict[str, Any], user: dict[str, Any]) -> dict[str, Any]:
    found = {**base, "access": dict(base["access"])}
    for name, value in user.items():
        if name in _TEXTS:
            found[name] = _text(value, name, _TEXTS[name])
        elif name == "access" and isinstance(value, dict):
            _merge_access(found["access"], value)
        elif name == "callPos":
            found[name] = _positions(value)
    return found


def _positions(value: object) -> list[dict[str, str]]:
    """Up to three call positions, each with the number or address that is dialled."""
    if not isinstance(value, list) or len(value) > 3 or not all(isinstance(one, dict) for one in value):
        raise WrongMember("callPos", "EINVAL")
    return [{"peer": _text(one.get("peer", ""), "callPos.peer", 255)} for one in value]


def _merge_access(access: dict[str, Any], given: dict[str, Any]) -> None:
    for name, value in given.items():
        if name in _ACCESS_TEXTS:
            access[name] = _text(value, f"access.{name}", _ACCESS_TEXTS[name])
        elif name in {"card", "code"}:
            access[name] = _codes(value, f"access.{name}", CARDS if name == "card" else CODES)
    if access["pin"] and not re.fullmatch(r"\d{2,15}", access["pin"]):
        raise WrongMember("access.pin", "EINVAL")


def _codes(value: object, name: str, count: int) -> list[str]:
    if not isinstance(value, list) or len(value) > count:
        raise WrongMember(name, "EINVAL")
    texts = [_text(one, name, 32).upper() for one in value]
    if any(text and not re.fullmatch(r"[0-9A-F]{1,32}", text) for text in texts):
        raise WrongMember(name, "EINVAL")
    return [*texts, *[""] * count][:count]


def _text(value: object, name: str, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit:
        raise WrongMember(name, "EINVAL")
    return value


def _shown(entry: dict[str, Any], fields: object) -> dict[str, Any]:
    """The members that were asked for; an empty list is all, none is those that are not at their default."""
    always = {"uuid": entry["uuid"], "timestamp": entry["timestamp"]}
    if entry["deleted"]:
        return always | {"deleted": True}
    if isinstance(fields, list) and not fields:
        return entry
    plain = blank()
    shown: dict[str, Any] = dict(always)
    for name, value in entry.items():
        if name == "access":
            inner = {
                key: one
                for key, one in value.items()
                if _wanted(f"access.{key}", fields, one, plain["access"].get(key))
            }
            if inner:
                shown["access"] = inner
        elif name not in always and _wanted(name, fields, value, plain.get(name)):
            shown[name] = value
    return shown


def _wanted(name: str, fields: object, value: object, default: object) -> bool:
    if not isinstance(fields, list):
        return value != default
    # A field may name a member of a member, such as `callPos.peer`; the whole of it is told then.
    return name in fields or any(str(one).startswith(f"{name}.") for one in fields)
