"""The dashboard's devices: how much of what each of the chosen site holds was read back, the worst first."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.entities.device import DEVICE
from core.entities.proof import PROOF
from core.store.direct import ask
from core.store.reader import Reader

MOST = 12
"""Devices that are shown; the page Devices has them all."""
_WORST = f"""
WITH told AS (
  SELECT d.id, d.name, d.model, d.firmware, d.row_no,
         count(p.id) AS items, coalesce(sum(p.verdict = 'proved'), 0) AS proved
  FROM {DEVICE.name} d LEFT JOIN {PROOF.name} p ON p.device_id = d.id
  WHERE d.site_id = ?1 GROUP BY d.id
  ORDER BY proved - items, items > 0, d.name COLLATE NOCASE, d.row_no LIMIT ?2
)
SELECT told.id, told.name, told.model, told.firmware, p.verdict, count(p.id)
FROM told LEFT JOIN {PROOF.name} p ON p.device_id = told.id
GROUP BY told.id, p.verdict
ORDER BY told.proved - told.items, told.items > 0, told.name COLLATE NOCASE, told.row_no
"""  # noqa: S608  tables of ours


class Proofs:
    """Receipts by verdict, in `counts` of what has them."""

    __slots__ = ()
    counts: dict[str, float]

    @property
    def items(self) -> int:
        """How many items have a receipt."""
        return int(sum(self.counts.values()))

    @property
    def proved(self) -> int:
        """How many of them were read back equal."""
        return int(self.counts.get("proved", 0))


@dataclass(frozen=True, slots=True)
class DeviceProof(Proofs):
    """The receipts of one device by verdict; none before it was first pushed to or read."""

    id: str
    name: str
    model: str
    firmware: str
    counts: dict[str, float] = field(default_factory=dict)


def worst_devices(reader: Reader, site_id: str, most: int = MOST) -> tuple[DeviceProof, ...]:
    """At most so many devices of a site: those with the most items not proved, then those with none at all, by name."""
    found: dict[str, DeviceProof] = {}
    for device_id, name, model, firmware, verdict, many in ask(reader.connection, _WORST, site_id, most):
        one = found.setdefault(device_id, DeviceProof(device_id, name, model, firmware))
        if verdict is not None:
            one.counts[verdict] = many
    return tuple(found.values())
