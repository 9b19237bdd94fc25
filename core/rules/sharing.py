"""Which sites share doors: codes are unique over all of them (CRED-01). Pure."""

from __future__ import annotations

from typing import Any, Protocol

from core.entities.access import DOOR_SHARE
from core.schema.entity import EntitySpec, R


class Asking(Protocol):
    """What a rule may ask."""

    def get(self, spec: EntitySpec[R], row_id: str) -> R | None:
        """The row of that id."""
        ...

    def find(self, spec: EntitySpec[R], **equals: Any) -> list[R]:
        """Rows whose fields equal the given values."""
        ...


def sites_sharing(reader: Asking, site_id: str) -> tuple[str, ...]:
    """The site itself and those that share a door with it, either way."""
    lent = (share.guest_site for share in reader.find(DOOR_SHARE, scope_id=site_id))
    borrowed = (share.site_id for share in reader.find(DOOR_SHARE, guest_site=site_id))
    return tuple(dict.fromkeys((site_id, *lent, *borrowed)))
