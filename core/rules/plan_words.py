"""What a plan shows of settings, schedules and people, and what of them must be equal. Texts never show a code."""

from __future__ import annotations

from core.entities.access import AccessGroup, Repeat
from core.rules.desired import HeldPerson, HeldSchedule, WantedPerson, WantedSchedule
from core.rules.settings import is_secret


def shown_setting(name: str, value: str) -> str:
    """The value as a plan may show it: dots for a password, whose length is nobody's business either."""
    return "••••" if value and is_secret(name) else value


def times_of(schedule: WantedSchedule | HeldSchedule) -> tuple[object, ...]:
    """What must be equal. A span that ends in the last minute of the day lasts the whole of it, since devices are told
    hours and minutes (device API 3.9); all days of a period are the same as none.
    """
    days = "".join(sorted(schedule.days)) if schedule.repeat is not Repeat.DAILY else ""
    if schedule.repeat is Repeat.NEVER and days == "0123456":
        days = ""
    start, end = (t.replace(microsecond=0) for t in (schedule.from_time, schedule.to_time))
    if (end.hour, end.minute) == (23, 59):
        end = end.replace(second=59)
    return (schedule.repeat, days, start, end, schedule.from_day, schedule.to_day)


def schedule_words(schedule: WantedSchedule | HeldSchedule) -> str:
    """When a schedule is open, for people."""
    span = f"{schedule.from_time:%H:%M}-{schedule.to_time:%H:%M}"
    if schedule.from_day or schedule.to_day:
        return f"{schedule.from_day} {schedule.from_time:%H:%M} to {schedule.to_day} {schedule.to_time:%H:%M}"
    names = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
    days = " ".join(names[int(d)] for d in sorted(schedule.days) if d.isdigit() and int(d) < len(names))
    return f"{days} {span}".strip() if schedule.repeat is not Repeat.DAILY else f"daily {span}"


def person_words(person: WantedPerson | HeldPerson) -> str:
    """Which kinds of code a person has on a device, never the codes."""
    parts = []
    if person.pins:
        parts.append("PIN" if len(person.pins) == 1 else f"{len(person.pins)} PINs")
    if person.cards:
        parts.append("card" if len(person.cards) == 1 else f"{len(person.cards)} cards")
    return ", ".join(parts) or "no code"


def person_state(person: WantedPerson | HeldPerson) -> tuple[object, ...]:
    """What must be equal between a person as meant and as read."""
    cards = sorted(card_value(c) for c in person.cards)
    floors = tuple(sorted(f for f in person.floors if f != "0"))
    return (
        person.name,
        sorted(person.pins),
        cards,
        sorted((g.schedule, g.relays) for g in person.grants),
        floors,
    )


def card_value(card: str) -> str:
    """Devices change letter case and pad or strip leading zeros (device API 3.8); the number is what opens."""
    return card.upper().lstrip("0")


def wanted_schedule(key: str, group: AccessGroup) -> WantedSchedule:
    """A group's times as a schedule under a key."""
    return WantedSchedule(
        key=key,
        label=group.name,
        repeat=group.repeat,
        days="".join(sorted(set(group.days))) if group.repeat is Repeat.WEEKLY else "",
        from_time=group.from_time,
        to_time=group.to_time,
        from_day=group.from_day if group.repeat is Repeat.NEVER else None,
        to_day=group.to_day if group.repeat is Repeat.NEVER else None,
    )
