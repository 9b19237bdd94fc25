"""The fault switches: their names and arguments, how they are written, and which are on for a device.

What a fault does is written where it strikes: the server, the front end, the endpoints, the life cycle.
A fault is written `name` or `name:argument`; on a command line `index:name[:argument]`, the index counted from 0 in
the order of the list of devices, or `*` for all of them, joined by commas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from device_link.simulator.errors import FaultSyntaxError

ArgumentKind = Literal["none", "number", "times", "text", "choice"]


class Kind(msgspec.Struct, frozen=True):
    """One fault that exists. With `times` the argument says how often it strikes; without one, always."""

    words: str
    argument: ArgumentKind = "none"
    default: str = ""
    choices: tuple[str, ...] = ()


CATALOGUE: dict[str, Kind] = {
    # The connection.
    "offline": Kind("the cable is pulled: connections are refused"),
    "half-reboot": Kind("the port is open and nothing ever answers"),
    "one-connection": Kind("a second connection at the same time is dropped"),
    "slow": Kind("every answer is late by so many milliseconds", "number", "500"),
    "degrade": Kind(
        "requests that follow within so many milliseconds break the CGI for a moment", "number", "400"
    ),
    "throttle": Kind(
        "requests that follow within so many milliseconds are answered with 401", "number", "400"
    ),
    "stall-expect": Kind("a request with Expect: 100-continue is never answered"),
    "drop-after-write": Kind("the change is made, the connection cut before the answer", "times"),
    "drop-mid-upload": Kind("the connection is cut in the middle of a firmware upload", "times"),
    # Who may speak to it.
    "allowlist": Kind("allow-list mode with an empty list: everybody gets 403"),
    "api-off": Kind("the HTTP API is switched off: 403"),
    "https-redirect": Kind("everything is answered by 308 to https"),
    "first-login": Kind("the API answers nothing before the factory's password was changed"),
    "list-and-digest": Kind("callers must be on the allow-list and sign in by digest"),
    "claim-peer": Kind("callers are taken for this IP address", "text"),
    # The shape of the answers.
    "trailing-bytes": Kind("bytes follow the JSON"),
    "wrong-content-type": Kind("JSON is called text/html"),
    "bad-utf8": Kind("texts come as Latin-1"),
    "retcode-one": Kind("a successful write says retcode 1 with OK"),
    "ids-as-int": Kind("record ids come as numbers"),
    "mac-format": Kind("how the MAC is written", "choice", "lower", ("lower", "plain", "dash")),
    # Changes that do not stick.
    "drop-user": Kind(
        "every n-th user added is answered with OK and never stored, nor when repeated", "number", "7"
    ),
    "max-schedules": Kind("so many schedules fit, the built-in two included", "number", "2"),
    "pin-length": Kind("PINs have at least so many digits", "number", "4"),
    "user-add-500": Kind("adding users is answered by HTTP 500", "times"),
    "max-users": Kind("so many users fit", "number", "10"),
    "import-refused": Kind("a file of people is refused"),
    "import-half": Kind("of a file of people every second row is taken"),
    "face-unfetched": Kind("a face's address is taken and its picture never fetched"),
    "face-ignored": Kind("a face's picture is taken and never recognised"),
    "face-refused": Kind("a face's picture is refused"),
    "unique-pins": Kind("a PIN that another user has is refused"),
    "config-ignore": Kind("this key is answered with OK and keeps its value", "text"),
    "config-reboot": Kind("this key takes its new value at the next restart", "text"),
    "unknown-key": Kind(
        "what config/set does with unknown keys", "choice", "ignore", ("ignore", "store", "refuse")
    ),
    "autop-case": Kind(
        "the letter case of the MAC in the name of its own file", "choice", "upper", ("upper", "lower")
    ),
    "autop-skip": Kind("a provisioning file that has not changed is fetched and skipped"),
    # Firmware.
    "upgrading": Kind("the device is in the middle of an upgrade and stays so"),
    "wrong-md5": Kind("the stored image always has another MD5"),
    "wrong-model": Kind("an image of any model is accepted and flashed"),
    "image-check": Kind(
        "when an image is checked; silent: OK, restart, old version",
        "choice",
        "upgrade",
        ("upload", "upgrade", "silent"),
    ),
    "max-image": Kind("images of more than so many KB are refused", "number", "1"),
    "upgrade-answer": Kind(
        "when upgrade answers: at once, just before the restart, never",
        "choice",
        "late",
        ("at-once", "late", "never"),
    ),
    "upgrade-ignored": Kind("upgrade is answered with OK and nothing happens", "times"),
    "upgrade-same": Kind("the device restarts with its old version", "times"),
    "upgrade-failed": Kind("flashing fails: UPGRADE_FAILED, no restart", "times"),
    "upgrade-resets": Kind("the upgrade wipes settings and people"),
    "reply-texts": Kind(
        "how prepare and upload word their success", "choice", "success", ("ok", "success", "empty", "echo")
    ),
    "no-firmware-api": Kind("firmware/prepare, upload and upgrade do not exist"),
    # Events.
    "log-words": Kind("what the door log calls a card and a PIN", "choice", "rf", ("rf", "chinese", "empty")),
    "url-lost": Kind("action URLs are called into nothing: a firewall is between"),
    "url-again": Kind("an action URL is called so many times", "number", "3"),
    # Restarts and the clock.
    "reboot-outage": Kind("a restart takes so many milliseconds longer", "number", "5000"),
    "reboot-ignored": Kind("reboot is answered with OK and nothing happens", "times"),
    "never-back": Kind("after the next restart the device stays away"),
    "clock-off": Kind("the clock is wrong by so many seconds", "number", "3600"),
}
_ALIASES = {
    "allowlist-403": "allowlist",
    "https-redirect-308": "https-redirect",
    "wrong-model-accepted": "wrong-model",
}


class Fault(msgspec.Struct, frozen=True):
    """One fault with its argument; empty where it takes none."""

    name: str
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.argument}" if self.argument else self.name


def parse_fault(text: str) -> Fault:
    """Read `name` or `name:argument`. Raises `FaultSyntaxError` with the reason."""
    name, argument = fault_name(text), text.partition(":")[2]
    kind = CATALOGUE[name]
    argument = argument.strip() or kind.default
    reason = _argument_problem(kind, argument)
    if reason:
        raise FaultSyntaxError(f"The fault {name} {reason}.")
    return Fault(name, argument)


def fault_name(text: str) -> str:
    """Return the full name of `name` or `name:argument`. Raises `FaultSyntaxError` for one that does not exist."""
    written = text.partition(":")[0].strip().lower()
    name = _ALIASES.get(written, written)
    if name not in CATALOGUE:
        known = ", ".join(sorted(CATALOGUE))
        raise FaultSyntaxError(f"There is no fault named {written[:40]!r}. Known are: {known}.")
    return name


def _argument_problem(kind: Kind, argument: str) -> str:
    if kind.argument == "none" and argument:
        return "takes no argument"
    if kind.argument == "number" and not argument.lstrip("-").isdigit():
        return f"needs a whole number, not {argument!r}"
    if kind.argument == "times" and argument and not argument.isdigit():
        return f"takes a number of times, not {argument!r}"
    if kind.argument == "text" and not argument:
        return "needs an argument"
    if kind.argument == "choice" and argument not in kind.choices:
        return f"needs one of {', '.join(kind.choices)}, not {argument!r}"
    return ""


def parse_faults(text: str, devices: int) -> list[tuple[int, Fault]]:
    """Read `3:drop-user:7,*:slow:20` for so many devices into (index, fault) pairs, `*` written out."""
    found: list[tuple[int, Fault]] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        where, colon, what = part.partition(":")
        if not colon:
            raise FaultSyntaxError(f"{part!r} names no device: write INDEX:FAULT, or *:FAULT for all.")
        indices = _indices(where.strip(), devices)
        fault = parse_fault(what)
        found += [(index, fault) for index in indices]
    return found


def _indices(where: str, devices: int) -> Sequence[int]:
    if where == "*":
        return range(devices)
    if not where.isdigit() or int(where) >= devices:
        raise FaultSyntaxError(f"There is no device {where!r}: there are {devices}, counted from 0.")
    return [int(where)]


class FaultSet:
    """The faults that are on for one device, with counters for those that strike a number of times."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._on: dict[str, list[Fault]] = {}
        self._left: dict[str, int] = {}
        for fault in faults:
            self.switch_on(fault)

    def __iter__(self) -> Iterator[Fault]:
        return (fault for group in self._on.values() for fault in group)

    def switch_on(self, fault: Fault) -> None:
        """Add a fault; text faults add up (two ignored keys), any other replaces its old argument."""
        same = self._on.get(fault.name, []) if CATALOGUE[fault.name].argument == "text" else []
        self._on[fault.name] = [*(one for one in same if one != fault), fault]
        self._left.pop(fault.name, None)
        if CATALOGUE[fault.name].argument == "times" and fault.argument:
            self._left[fault.name] = int(fault.argument)

    def switch_off(self, name: str) -> bool:
        """Remove a fault by name, whatever its argument; say whether it was on."""
        self._left.pop(name, None)
        return self._on.pop(name, None) is not None

    def has(self, name: str) -> bool:
        """Say whether a fault is on."""
        return name in self._on

    def number(self, name: str, otherwise: int = 0) -> int:
        """Return a fault's number, or `otherwise` when it is off."""
        return int(self._on[name][-1].argument) if name in self._on else otherwise

    def text(self, name: str, otherwise: str = "") -> str:
        """Return a fault's text or choice, or `otherwise` when it is off."""
        return self._on[name][-1].argument if name in self._on else otherwise

    def texts(self, name: str) -> frozenset[str]:
        """Return all texts of a fault that may be given several times."""
        return frozenset(fault.argument for fault in self._on.get(name, ()))

    def strike(self, name: str) -> bool:
        """Say whether a fault strikes now; one with a number of times is used up by it and then goes off."""
        if name not in self._on:
            return False
        if name in self._left:
            self._left[name] -= 1
            if self._left[name] <= 0:
                self.switch_off(name)
        return True
