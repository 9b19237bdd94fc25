"""AutoP texts: lines `Config.A.B = value`, checked, duplicates named and dropped, rendered (device API 4). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.base.words import clean
from core.rules.catalogue import limit
from core.rules.settings import is_secret

BATCH = limit("autop_batch")
"""DEV-08: so many devices of one search at most."""
_KEY = re.compile(r"Config(\.[A-Za-z0-9_]{1,64}){2,6}")
_VALUE_MAX = 1024
_FILE_ONLY = re.compile(
    r"Config\.(Firmware|Contact|DoorPhone|Allowlist|Blocklist|WebCam|Hints|RelayHTTPCommand|Certificate)\."
    r"|Config\.Autoprovision\.(RESET_FACTORY|Reboot)\.|Config\.DATETIME\."
)
"""Directives that only mean something in a file that the device fetches (device API 4)."""
_OWN_WAY = re.compile(
    r"Config\.(DoorSetting\.(APIFCGI|HTTPAPI)\.(AuthMode|Enable|WhiteListIP\d\d)|Network\.LAN\.)"
)
"""Keys that can lock us out: allowed, with a warning."""


@dataclass(frozen=True, slots=True)
class Line:
    """One setting of the text; `number` counts from 1."""

    number: int
    key: str
    value: str

    @property
    def directive(self) -> bool:
        """Whether it only means something in a file that a device fetches."""
        return _FILE_ONLY.match(self.key) is not None

    @property
    def shown(self) -> str:
        """The value as it may be shown."""
        return "••••" if self.value and is_secret(self.key) else self.value


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line (DEV-08), or `warning`: what it may bring about."""

    number: int
    words: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Autop:
    """A text as understood. `dropped`: lines that said the same or were overruled by a later one."""

    lines: tuple[Line, ...]
    dropped: tuple[Fault, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()

    @property
    def good(self) -> bool:
        """Whether it may be sent: no fault, and something in it."""
        return not self.faults and bool(self.lines)

    @property
    def settings(self) -> dict[str, str]:
        """What a device can be told by config/set."""
        return {line.key: line.value for line in self.lines if not line.directive}

    @property
    def directives(self) -> tuple[Line, ...]:
        """What only a fetched file can say."""
        return tuple(line for line in self.lines if line.directive)


def parse_autop(text: str) -> Autop:
    """Read a text. Lines that do not begin with `Config.` are comments, with or without `#`: the vendor's own templates
    have wrapped comment lines. Of several lines with one key the last counts; the others are named. Never raises.
    """
    kept: dict[str, Line] = {}
    dropped: list[Fault] = []
    faults: list[Fault] = []
    for number, raw in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        written = raw.strip()
        if not written.startswith("Config."):
            continue
        line = _line(number, written)
        if isinstance(line, Fault):
            faults.append(line)
            continue
        before = kept.pop(line.key, None)
        if before is not None:
            same = "says the same as" if before.value == line.value else "is overruled by"
            dropped.append(Fault(before.number, f"{line.key}: line {before.number} {same} line {number}."))
        kept[line.key] = line
    lines = tuple(sorted(kept.values(), key=lambda one: one.number))
    return Autop(lines, tuple(dropped), tuple(faults), tuple(_warnings(lines)))


def _line(number: int, written: str) -> Line | Fault:
    key, mark, value = written.partition("=")
    key, value = key.strip(), value.strip()
    shown = clean(key, limit=80)
    if not mark:
        return Fault(number, f"Line {number}: {shown} has no '='.")
    if not _KEY.fullmatch(key):
        return Fault(
            number, f"Line {number}: '{shown}' is no key; keys look like Config.Account1.SIP.Server."
        )
    if len(value) > _VALUE_MAX:
        return Fault(number, f"Line {number}: the value of {shown} is longer than {_VALUE_MAX} characters.")
    if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in value):
        return Fault(number, f"Line {number}: the value of {shown} holds characters that cannot be printed.")
    return Line(number, key, value)


def _warnings(lines: Iterable[Line]) -> Iterable[Fault]:
    for line in lines:
        if _OWN_WAY.match(line.key):
            words = f"Line {line.number}: {line.key} may cut the way by which Gatewright reaches the device."
            yield Fault(line.number, words, warning=True)
        elif line.directive:
            words = f"Line {line.number}: {line.key} only works in a file that the device fetches."
            yield Fault(line.number, words, warning=True)


def render(settings: Mapping[str, str], directives: Sequence[Line] = (), *, title: str = "") -> str:
    """A file as a device fetches it: one line per key in the order of keys, each ended by a line feed."""
    lines = [f"# {clean(title, limit=100)}"] if title else []
    lines += [f"{key} = {settings[key]}".rstrip() for key in sorted(settings)]
    lines += [f"{line.key} = {line.value}".rstrip() for line in directives]
    return "\n".join(lines) + "\n"


def common_name(model_id: int) -> str:
    """The name of the file common to a model: `r` and the model's id with zeros in front (device API 4)."""
    return f"r{model_id:012d}.cfg"


def mac_names(mac: str) -> tuple[str, str]:
    """The names of a device's own file: which letter case it asks for is not published, so both."""
    return f"{mac.upper()}.cfg", f"{mac.lower()}.cfg"
