"""People between our words and a 2N directory (device API 8). Pure but for `read_directory`.

A directory entry keeps our user id in `owner`, so that the unit's own uuid stays what it is; a person without an owner
is somebody else's. What a directory cannot say (weekly times, chosen relays) is refused before it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.rules.desired import ALWAYS, Grant, HeldPerson, WantedPerson
from device_link.drivers.akuvox.envelope import text_of
from device_link.drivers.twon.reply import records
from device_link.drivers.twon.session import TwoNSession

CARDS_AT_MOST = 2
"""Card slots where the unit's template does not tell: the directory of real units shows two. [I]"""
NAME_CHARS = 63
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_FIELDS = (
    "name",
    "owner",
    "email",
    "access.pin",
    "access.card",
    "access.code",
    "access.validFrom",
    "access.validTo",
    "callPos.peer",
)
LACKS: Mapping[str, str] = {
    "plates": "The directory of a 2N unit has no licence plates.",
    "faces": "The directory of a 2N unit has a photo for its screen and no face that opens.",
    "uses": "The directory of a 2N unit counts no uses.",
}
"""Parts of a person that cannot be sent, and why: said before anything is (device API 8)."""
_OPENS_ALWAYS = (Grant(ALWAYS, "1"),)


@dataclass(frozen=True, slots=True)
class Directory:
    """What was read. `series` changes when the unit was reset; `cards` is how many slots an entry has."""

    series: str
    entries: tuple[Mapping[str, Any], ...] = field(repr=False)
    cards: int = CARDS_AT_MOST
    calls: bool = False
    """Whether its entries have call positions, so that they can be contacts."""


async def read_directory(session: TwoNSession) -> Directory:
    """Every entry that is not deleted, with the fields that we need; told in pieces, asked on by timestamp."""
    entries: dict[str, Mapping[str, Any]] = {}
    series, since = "", 0
    while True:
        query: dict[str, Any] = {"fields": list(_FIELDS), "iterator": {"timestamp": since}}
        if series:
            query["series"] = series
        result = await session.send_json("POST", "dir/query", query, changes=False)
        now = text_of(result.get("series"), 64)
        if series and now != series:
            entries, since = {}, 0  # The directory was replaced while it was read: begin anew.
        series = now
        fresh = records(result, "users")
        newest = max((_timestamp(one) for one in fresh), default=since)
        for one in fresh:
            if uuid := text_of(one.get("uuid"), 40):
                entries[uuid] = one
        if not fresh or newest <= since:
            break
        since = newest
    living = tuple(one for one in entries.values() if one.get("deleted") is not True)
    template = next(iter(records(await session.read("dir/template"), "users")), {})
    return Directory(series, living, _card_slots(template), "callPos" in template)


def _card_slots(template: Mapping[str, Any]) -> int:
    access = template.get("access")
    cards = access.get("card") if isinstance(access, dict) else None
    return len(cards) if isinstance(cards, list) and 1 <= len(cards) <= 16 else CARDS_AT_MOST


def _timestamp(entry: Mapping[str, Any]) -> int:
    value = entry.get("timestamp")
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def held_person(entry: Mapping[str, Any]) -> HeldPerson:
    """A person from an entry, whatever it holds."""
    access = entry.get("access")
    access = access if isinstance(access, dict) else {}
    pin = text_of(access.get("pin"), 64)
    cards = access.get("card")
    named = [text_of(one, 64) for one in cards[:16]] if isinstance(cards, list) else []
    ends = (text_of(access.get("validFrom"), 32), text_of(access.get("validTo"), 32))
    limited = any(end not in {"", "0"} for end in ends)
    return HeldPerson(
        ref=text_of(entry.get("uuid"), 40),
        user_id=text_of(entry.get("owner"), 64),
        name=text_of(entry.get("name"), NAME_CHARS),
        pins=(pin,) if pin else (),
        cards=tuple(card for card in named if card),
        # Dates that somebody set at the unit are times that nobody asked for.
        grants=(Grant("#dates", "1"),) if limited else _OPENS_ALWAYS,
    )


def entry_of(person: WantedPerson, slots: int) -> dict[str, Any]:
    """A person as it is sent: every field that is ours, so that nothing old stays."""
    cards = [*person.cards, *[""] * slots][:slots]
    pin = person.pins[0] if person.pins else ""
    return {
        "name": person.name,
        "owner": person.user_id,
        "access": {"pin": pin, "card": cards, "validFrom": "0", "validTo": "0"},
    }


def limit_problem(person: WantedPerson, slots: int) -> str:
    """Why a person cannot be in this directory as meant; empty when nothing speaks against it."""
    if len(person.pins) > 1:
        return f"A person has one PIN on a 2N unit; this one has {len(person.pins)}."
    if len(person.cards) > slots:
        return f"A person has at most {slots} cards on this 2N unit; this one has {len(person.cards)}."
    if len(person.name) > NAME_CHARS:
        return f"A name has at most {NAME_CHARS} characters on a 2N unit."
    if any(grant.schedule != ALWAYS for grant in person.grants):
        return "The directory of a 2N unit takes no weekly times from here; set a time profile at the unit."
    if tuple(person.grants) != _OPENS_ALWAYS:
        return (
            "On a 2N unit PIN and card open what its access rules say; only relay 1 can be meant from here."
        )
    return "A 2N unit has no floors for people." if any(f != "0" for f in person.floors) else ""


def own_uuid(result_user: Mapping[str, Any]) -> str:
    """The uuid in an answer to create; empty when it is none."""
    uuid = text_of(result_user.get("uuid"), 40)
    return uuid if _UUID.fullmatch(uuid) else ""


def entry_errors(result: Mapping[str, Any], count: int) -> list[str]:
    """What an answer says against each of `count` entries, in their order; empty texts where it took them."""
    told = records(result, "users")
    said = [_errors_of(one) for one in told]
    return said if len(said) == count else ["the answer does not tell about each person"] * count


def _errors_of(entry: Mapping[str, Any]) -> str:
    errors = entry.get("errors")
    if not isinstance(errors, list) or not errors:
        return ""
    parts: Sequence[Any] = errors[:5]
    words = [
        " ".join(filter(None, (text_of(one.get("field"), 40), text_of(one.get("code"), 60))))
        for one in parts
        if isinstance(one, dict)
    ]
    return ", ".join(filter(None, words)) or "refused without a reason"
