"""Finds the user and the devices that a row of an office file means, and works out what the row changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.base.ids import new_id
from core.base.words import clean
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.place import DEPARTMENT, Department
from core.entities.site import CallType
from core.rules.plain_codes import new_uid
from core.sheets.office_devices import DeviceBook, DeviceLine
from core.sheets.office_words import CALL_WORDS, read_call_type, read_identity
from core.sheets.places import NameBook
from core.sheets.rows import Change, Fault, Grid, RowPlan, RowVerdict
from core.sheets.shapes import judge_shapes
from core.store.reader import Reader

_TEXTS = {
    "first_name": "first_name",
    "last_name": "last_name",
    "number": "number",
    "email": "email",
    "mobile": "mobile",
    "calling_code": "calling_code",
    "phone": "phone_1",
}
"""Column of the file -> field of a person."""

_COLUMNS = {f: c for c, f in _TEXTS.items()} | {"app_enabled": "app"}
_LOCKED = ("email", "mobile", "calling_code")


@dataclass(frozen=True, slots=True)
class OfficeWork:
    """What one row does: a new user or changes of one, and devices (in `here`: to be renamed)."""

    person_id: str
    new: Resident | None
    patch: Mapping[str, Any]
    devices: tuple[DeviceLine, ...]
    department_id: str
    org_id: str


@dataclass(slots=True)
class OfficeDraft:
    """One row on its way to a plan."""

    index: int
    cells: Mapping[str, str] = field(repr=False)
    faults: list[Fault] = field(default_factory=list)
    title: str = ""
    person: Resident | None = None
    work: OfficeWork | None = None
    changes: tuple[Change, ...] = ()


class OfficeBook:
    """Everything of one office that the rows of a file may mean."""

    def __init__(self, reader: Reader, site_id: str, grid: Grid, codes: dict[str, CallType]) -> None:
        self._site_id = site_id
        self._grid = grid
        self._codes = codes
        self._departments = NameBook((d.name, d) for d in reader.find(DEPARTMENT, site_id=site_id))
        people = reader.find(RESIDENT, scope_id=site_id, kind=PersonKind.OFFICE_USER)
        self._numbers = {p.number: p for p in people if p.number}
        self._names: dict[str, NameBook[Resident]] = {}
        for person in people:
            book = self._names.setdefault(person.department_id or "", NameBook())
            book.add(RESIDENT.name_of(person), person)
        self._devices = DeviceBook(reader, site_id, grid.options.org_id)
        self._columns = {name: grid.column(name) for name in grid.places}
        self._seen: dict[str, int] = {}

    def settle(self, index: int) -> OfficeDraft:
        """One row, judged whole."""
        cells = {name: texts[index] for name, texts in self._columns.items() if texts[index]}
        draft = OfficeDraft(index, cells, self._grid.rounded(index))
        draft.title = clean(" ".join(cells.get(n, "") for n in ("first_name", "last_name")), limit=80).strip()
        department = self._department(draft)
        person_id, new, patch = "", None, dict[str, Any]()
        if self._has_user(draft):
            draft.person = self._find(draft, department)
            person_id = draft.person.id if draft.person else new_id()
            self._only_once(draft, person_id)
            new, patch = self._user(draft, person_id, department)
        devices = self._lines(draft, department, person_id)
        if not draft.faults and department is not None:
            renamed = tuple(d for d in devices if d.here is None or _differs(d))
            org_id = self._grid.options.org_id
            draft.work = OfficeWork(person_id, new, patch, renamed, department.id, org_id)
            draft.changes = self._changes(draft, new, renamed)
        return draft

    def blame(self, draft: OfficeDraft, column: str, code: str, reason: str) -> None:
        """Note a fault."""
        draft.faults.append(self._grid.fault(draft.index, column, code, reason))

    def _department(self, draft: OfficeDraft) -> Department | None:
        name = draft.cells.get("department", "")
        found = self._departments.find(name) if name else []
        if len(found) == 1:
            return found[0]
        words = "fits several departments; write it exactly" if found else "is unknown at this office"
        words = words if name else "is missing"
        self.blame(draft, "department", "department.unknown", f"Department {words}.")
        return None

    def _has_user(self, draft: OfficeDraft) -> bool:
        """A row may name devices of a department only."""
        named = [n for n in ("first_name", "last_name") if n in draft.cells]
        if named or "number" in draft.cells or "device" not in draft.cells:
            for name in ("first_name", "last_name"):
                if name not in draft.cells and draft.cells.get("number", "") not in self._numbers:
                    label = self._grid.layout.by_field[name].label
                    self.blame(draft, name, f"{name}.missing", f"{label} is missing.")
            return True
        draft.title = "Devices"
        return False

    def _find(self, draft: OfficeDraft, department: Department | None) -> Resident | None:
        number = draft.cells.get("number", "")
        person = self._numbers.get(number)
        if person is None and not number and department is not None:
            name = " ".join(draft.cells.get(n, "") for n in ("first_name", "last_name"))
            found = self._names.get(department.id, NameBook()).find(name)
            if len(found) > 1:
                words = "Several users of the department have this name; say by ID which one is meant."
                self.blame(draft, "number", "name.several", words)
            person = found[0] if len(found) == 1 else None
        if person is not None and department is not None and person.department_id != department.id:
            words = "This user works in another department; a file does not move people."
            self.blame(draft, "department", "department.moved", words)
        return person

    def _only_once(self, draft: OfficeDraft, person_id: str) -> None:
        number = draft.cells.get("number", "")
        name = " ".join(draft.cells.get(n, "") for n in ("department", "first_name", "last_name")).casefold()
        key = person_id if draft.person else number or name
        row = self._grid.numbers[draft.index]
        first = self._seen.setdefault(key, row)
        if first != row:
            column = "number" if number else "last_name"
            words = f"The same {'ID' if number else 'user'} stands in row {first}."
            self.blame(draft, column, "double", words)

    def _user(
        self, draft: OfficeDraft, person_id: str, department: Department | None
    ) -> tuple[Resident | None, dict[str, Any]]:
        values: dict[str, Any] = {f: draft.cells[c] for c, f in _TEXTS.items() if c in draft.cells}
        if "calling_code" in values:
            values["calling_code"] = values["calling_code"].removeprefix("+")
        self._identity(draft, values)
        self._calls(draft, values)
        old = draft.person
        if old is not None:
            patch = {n: v for n, v in values.items() if getattr(old, n) != v}
            self._judge(draft, replace(old, **patch), patch)
            self._may_change(draft, old, patch)
            return None, patch
        values = {"first_name": "", "last_name": "", "uid": new_uid(), **values}
        new = Resident(
            id=person_id,
            scope_id=self._site_id,
            site_id=self._site_id,
            kind=PersonKind.OFFICE_USER,
            department_id=department.id if department else None,
            floors=department.floors if department else (),
            placed_by_manager=self._grid.options.manager,
            **values,
        )
        self._judge(draft, new, values)
        return new, {}

    def _identity(self, draft: OfficeDraft, values: dict[str, Any]) -> None:
        if text := draft.cells.get("identity", ""):
            found = read_identity(text, self._grid.options.staff_is)
            if found is None:
                words = "Identity is basic or advanced; staff and personnel are read too."
                self.blame(draft, "identity", "identity.unknown", words)
            else:
                values["identity"] = found

    def _calls(self, draft: OfficeDraft, values: dict[str, Any]) -> None:
        """Intercom feature and call type, which hang together (SITE-22)."""
        text = draft.cells.get("app", "")
        if text in {"0", "1"}:
            values["app_enabled"] = text == "1"
        elif text:
            self.blame(draft, "app", "app.unknown", "Intercom Feature is 1 (on) or 0 (off).")
        call = draft.cells.get("call_type", "")
        if call:
            kind = read_call_type(call, self._codes)
            if kind is None:
                codes = ", ".join(self._codes)
                words = f"Call Type has the codes {codes} in this kind of file."
                self.blame(draft, "call_type", "call_type.unknown", words)
            else:
                values["call_type"] = kind
        elif values.get("app_enabled") is False:
            values["call_type"] = CallType.MONITORS_ONLY  # the only one there is without the app

    def _judge(self, draft: OfficeDraft, target: Resident, changed: Mapping[str, Any]) -> None:
        for problem in RESIDENT.problems(target, changed=changed.keys()):
            column = _COLUMNS.get(problem.field, problem.field)
            if column in self._grid.layout.by_field and not (column in _NAMES and column not in draft.cells):
                self.blame(draft, column, problem.code.partition(".")[2], problem.message)
        for name, words in judge_shapes(changed):
            column = _COLUMNS.get(name, name)
            label = self._grid.layout.by_field[column].label
            self.blame(draft, column, f"{column}.shape", f"{label} {words}.")

    def _may_change(self, draft: OfficeDraft, old: Resident, patch: Mapping[str, Any]) -> None:
        if old.linked:
            for name in filter(patch.__contains__, _LOCKED):
                words = "cannot be changed by a file: the account has linked sites"
                label = self._grid.layout.by_field[name].label
                self.blame(draft, name, f"{name}.linked", f"{label} {words}.")
        if patch and not self._grid.options.manager and not old.placed_by_manager:
            words = (
                "An installer edits in a department only the users whom the office's manager has moved there."
            )
            self.blame(draft, "department", "department.installer", words)

    def _lines(self, draft: OfficeDraft, department: Department | None, person_id: str) -> list[DeviceLine]:
        text = draft.cells.get("device", "")
        if not text or department is None:
            return []
        blame: Callable[[str, str], None] = lambda code, words: self.blame(draft, "device", code, words)  # noqa: E731
        row = self._grid.numbers[draft.index]
        return self._devices.read(text, department.id, person_id or None, row, blame)

    def _changes(
        self, draft: OfficeDraft, new: Resident | None, devices: tuple[DeviceLine, ...]
    ) -> tuple[Change, ...]:
        labels = self._grid.layout.by_field
        found = []
        for name, value in (draft.work.patch if draft.work else {}).items():
            kind = RESIDENT.by_name[name].kind
            was = getattr(draft.person, name)
            shown = (_call(was), _call(value)) if name == "call_type" else (kind.show(was), kind.show(value))
            found.append(Change(labels[_COLUMNS.get(name, name)].label, *shown))
        if new is not None:
            # A code says nothing to a person, and the two files use different ones (TPL-10).
            found.append(Change(labels["call_type"].label, "", _call(new.call_type)))
        label = labels["device"].label
        found += [Change(label, line.here.name if line.here else "", line.name) for line in devices]
        return tuple(found)


_NAMES = frozenset({"first_name", "last_name"})
"""That a name is missing is told once."""


def _call(kind: CallType) -> str:
    return CALL_WORDS.get(kind, str(kind))


def _differs(line: DeviceLine) -> bool:
    return line.here is not None and (line.here.name != line.name or line.here.kind is not line.kind)


def plan_of(grid: Grid, draft: OfficeDraft) -> RowPlan:
    """The finished line of the plan."""
    number, cells = grid.numbers[draft.index], grid.rows[draft.index]
    work = draft.work
    if work is None:
        return RowPlan(number, cells, RowVerdict.REFUSED, draft.title, tuple(draft.faults))
    if work.new is not None or (not work.person_id and any(d.here is None for d in work.devices)):
        return RowPlan(number, cells, RowVerdict.NEW, draft.title, (), draft.changes, work)
    verdict = RowVerdict.CHANGED if work.patch or work.devices else RowVerdict.UNCHANGED
    return RowPlan(number, cells, verdict, draft.title, (), draft.changes, work)
