"""Connection type and push buttons of a device (DEV-07) between its settings and what the tab shows; no widgets."""

from __future__ import annotations

from collections.abc import Mapping

from core.rules.maintenance import BUTTONS, TRANSPORT_KEY, TRANSPORT_VALUES, Transport, button_key


def transport_of(settings: Mapping[str, str]) -> Transport | None:
    """The connection type that is wanted; None where none is, or one that is unknown."""
    value = settings.get(TRANSPORT_KEY)
    return next((one for one, held in TRANSPORT_VALUES.items() if held == value), None)


def called_numbers(settings: Mapping[str, str]) -> list[list[str]]:
    """For each push button from the first to the last that calls anybody, the numbers it calls."""
    found = [
        [n for n in settings.get(button_key(one), "").split(";") if n]
        for one in range(1, max(BUTTONS.values()) + 1)
    ]
    while found and not found[-1]:
        found.pop()
    return found


def typed_numbers(text: str) -> dict[int, list[str]]:
    """What a person typed, a line a button, as `set_push_buttons` takes it: the numbers by the button's place."""
    lines = text.rstrip().splitlines()
    return {
        place: [n.strip() for n in line.split(";") if n.strip()] for place, line in enumerate(lines, start=1)
    }
