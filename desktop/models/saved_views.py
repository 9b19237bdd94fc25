"""Named views of lists: words, filters, order and columns, kept with the person's settings of this profile."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from desktop.models.preferences import Preferences

MOST = 20
_PLAIN = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class SavedView:
    """One view. `hidden`: keys of columns that are left out; `sort` empty: as the list comes."""

    name: str
    search: str = ""
    filters: dict[str, Any] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    hidden: tuple[str, ...] = ()


class ViewBook:
    """The views and the columns of one list, by its key."""

    def __init__(self, preferences: Preferences, key: str) -> None:
        self._preferences, self._key = preferences, key

    def views(self) -> list[SavedView]:
        """By name; what a foreign hand damaged is left out."""
        found = [_view(one) for one in self._list()]
        return sorted((v for v in found if v is not None), key=lambda v: v.name.casefold())

    def save(self, view: SavedView) -> None:
        """Keep a view; one of the same name is replaced, the oldest of too many goes."""
        plain = {k: v for k, v in view.filters.items() if isinstance(v, _PLAIN)}
        kept = [one for one in self._list() if one.get("name") != view.name]
        record = {**asdict(view), "filters": plain, "hidden": list(view.hidden)}
        self._put([*kept, record][-MOST:])

    def remove(self, name: str) -> None:
        """Forget a view."""
        self._put([one for one in self._list() if one.get("name") != name])

    def hidden(self) -> tuple[str, ...]:
        """Columns that the person left out of this list."""
        hidden = self._state().get("hidden", [])
        return tuple(str(k) for k in hidden) if isinstance(hidden, list) else ()

    def set_hidden(self, hidden: tuple[str, ...]) -> None:
        """Leave these columns out from now on."""
        self._set("hidden", list(hidden))

    def lines(self) -> int:
        """How many lines a page of this list has; 0: as many as fit."""
        found = self._state().get("lines", 0)
        return found if type(found) is int else 0

    def set_lines(self, lines: int) -> None:
        """A page of this list has so many lines from now on."""
        self._set("lines", lines)

    def _state(self) -> dict[str, Any]:
        found = self._preferences.get("table_state").get(self._key, {})
        return found if isinstance(found, dict) else {}

    def _set(self, name: str, value: object) -> None:
        every = dict(self._preferences.get("table_state"))
        every[self._key] = {**self._state(), name: value}
        self._preferences.set("table_state", every)

    def _list(self) -> list[dict[str, Any]]:
        found = self._preferences.get("views").get(self._key, [])
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def _put(self, views: list[dict[str, Any]]) -> None:
        self._preferences.set("views", {**self._preferences.get("views"), self._key: views})


def _view(record: dict[str, Any]) -> SavedView | None:
    name, filters, hidden = record.get("name"), record.get("filters"), record.get("hidden")
    if not isinstance(name, str) or not isinstance(filters, dict) or not isinstance(hidden, list):
        return None
    return SavedView(
        name,
        str(record.get("search", "")),
        filters,
        str(record.get("sort", "")),
        bool(record.get("descending")),
        tuple(str(k) for k in hidden),
    )
