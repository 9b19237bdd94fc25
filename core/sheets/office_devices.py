"""Devices in a cell of the office files: `name,type,MAC`, several with ';' (TPL-04)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.entities.device import DEVICE, MAC_ENTRY, Device, DeviceKind
from core.rules.compile import shown_mac
from core.schema.field import BadValueError, Mac
from core.sheets.office_words import DEVICE_CODES
from core.store.reader import Reader


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device of a cell. `here`: it is in its place already."""

    mac: str
    name: str
    kind: DeviceKind
    here: Device | None = None


Blame = Callable[[str, str], None]
"""Takes a code and a sentence."""


class DeviceBook:
    """The devices of an office and the MAC library that new ones come from, as rows of a file take from it."""

    def __init__(self, reader: Reader, site_id: str, org_id: str) -> None:
        self._site_id = site_id
        entries = reader.find(MAC_ENTRY, scope_id=org_id)
        # What belongs to another office is not in this one's part of the library (MAC-05).
        self._library = {e.mac for e in entries if e.site_id in {None, site_id}}
        self._devices = {d.mac: d for d in reader.find(DEVICE)}
        self._taken: dict[str, int] = {}

    def read(
        self, text: str, department_id: str, owner_id: str | None, row: int, blame: Blame
    ) -> list[DeviceLine]:
        """The devices of a cell; faults are told to `blame`."""
        found: list[DeviceLine] = []
        for part in filter(None, (one.strip() for one in text.split(";"))):
            line = self._parse(part, blame)
            if line is None:
                continue
            first = self._taken.setdefault(line.mac, row)
            if first != row or any(line.mac == other.mac for other in found):
                blame("device.double", f"MAC {shown_mac(line.mac)} stands in row {first} too.")
            elif placed := self._place(line, department_id, owner_id, blame):
                found.append(placed)
        return found

    def _parse(self, part: str, blame: Blame) -> DeviceLine | None:
        pieces = [piece.strip() for piece in part.rsplit(",", 2)]
        if len(pieces) != 3 or not pieces[0]:
            blame("device.shape", "A device is written as name,type,MAC; several with ';' between them.")
            return None
        name, code, text = pieces
        kind = DEVICE_CODES.get(code)
        if kind is None:
            blame("device.type", "The type of a device is 0, 1, 2, 3 or 50.")
            return None
        words = DEVICE.by_name["name"].kind.problem(name)
        if words:
            blame("device.name", f"The name of a device {words}.")
            return None
        try:
            return DeviceLine(str(Mac().parse(text)), name, kind)
        except BadValueError as fault:
            blame("device.mac", f"The MAC of a device {fault}.")
            return None

    def _place(
        self, line: DeviceLine, department_id: str, owner_id: str | None, blame: Blame
    ) -> DeviceLine | None:
        device = self._devices.get(line.mac)
        shown = shown_mac(line.mac)
        if device is None:
            if line.mac not in self._library:
                blame("device.unknown", f"MAC {shown} is not in the MAC library of this office.")
                return None
            return line
        if device.site_id != self._site_id:
            blame("device.elsewhere", f"MAC {shown} is bound at another site.")
            return None
        if device.department_id != department_id or (owner_id is not None and device.owner_id != owner_id):
            blame("device.moved", f"MAC {shown} is bound to another place of this office.")
            return None
        return DeviceLine(line.mac, line.name, line.kind, device)
