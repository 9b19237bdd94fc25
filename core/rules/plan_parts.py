"""Parts of a person that not every device takes: licence plates, faces, a limit of uses. How they are named, compared.

A part is a line of its own in a plan, `<person>+<part>`: what was not sent must not look proved.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.rules.desired import HeldPerson, WantedPerson

PERSON_PARTS: Mapping[str, str] = {
    "plates": "licence plates",
    "faces": "a face",
    "uses": "a limit of uses",
}
"""The parts and their words."""

FACE_MARK = "a face"
"""What a device holds that tells that there is a face, not which one."""


def part_key(subject: str, part: str) -> str:
    """The subject of a part's line."""
    return f"{subject}+{part}"


def part_of(subject: str) -> str:
    """Which part a line is about; empty for a whole person and for anything else."""
    part = subject.rpartition("+")[2] if "+" in subject else ""
    return part if part in PERSON_PARTS else ""


def face_name(digest: str) -> str:
    """How a photo is called on devices: the beginning of its digest, so that another photo has another name."""
    return digest[:16]


def part_value(person: WantedPerson | HeldPerson, part: str) -> object:
    """What must be equal; nothing (empty or None) where there is no such part."""
    value = getattr(person, part)
    if part == "faces":
        return sorted(face_name(one) if one != FACE_MARK else one for one in value)
    if part == "plates":
        return sorted("".join(one.split()).upper() for one in value)
    return value


def is_only_marked(person: HeldPerson | None, part: str) -> bool:
    """Whether the device tells no more than that there is one."""
    return part == "faces" and person is not None and FACE_MARK in person.faces


def sorted_part(person: WantedPerson, part: str) -> object:
    """The part as a fingerprint takes it: whole digests, in order."""
    value = getattr(person, part)
    return sorted(value) if isinstance(value, tuple) else value
