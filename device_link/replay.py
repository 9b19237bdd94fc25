"""A recording played again to a twin: the same requests, and where the twin answers otherwise (W21, W25).

A recording holds no codes, so made-up ones stand in their place; record ids are the twin's own. What is compared is
what decides a verdict: the status, whether the device took it, and its words. Everything in a recording is untrusted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.clock import Clock
from core.base.errors import DataError, UserError
from core.base.words import clean
from device_link.drivers.akuvox.envelope import Reply, first_value, number_of, read_reply
from device_link.drivers.akuvox.pacing import PacingOf, fast_pacing
from device_link.http import BadAnswerError, DeviceAuth, DeviceLine, LineLostError, NotSentError
from device_link.recorder import MASK, MORE

LINES_AT_MOST = 200_000
_PATH = re.compile(r"/api(/[A-Za-z0-9_]{1,32}){0,4}(\?[\x21-\x7e]{0,400})?")
_NEVER = re.compile(r"/api/(system/reboot|config/reset|firmware/|filetool/|user/import|[a-z]+/export)")
"""Not played: what carries a file, of which a recording has only the size, and what takes the twin away."""

_HEAD = re.compile(r'\{"retcode": (-?[0-9]{1,9}), (?:"action": "[^"]*", )?"message": "([^"]*)"')


@dataclass(frozen=True, slots=True)
class Spoken:
    """One recorded exchange. `request` and `reply` are JSON texts, masked, or words where there was none."""

    url: str
    method: str
    path: str
    request: str = ""
    status: int = 0
    reply: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of playing one: `then` as recorded, `now` as the twin said; `same` when both decide alike."""

    spoken: Spoken
    then: str
    now: str

    @property
    def same(self) -> bool:
        """Whether the twin answered alike."""
        return self.then == self.now


@dataclass(frozen=True, slots=True)
class Twin:
    """What the recorded device said it is; empty where the recording does not tell."""

    model: str = ""
    firmware: str = ""
    mac: str = ""


def read_recording(text: str) -> list[Spoken]:
    """The exchanges of an exported recording; UserError when it is none."""
    found: list[Spoken] = []
    for number, line in enumerate(text.splitlines()[:LINES_AT_MOST], 1):
        if not line.strip():
            continue
        try:
            members = json.loads(line)
        except (ValueError, RecursionError) as fault:
            raise UserError(
                "recording.shape", f"Line {number} of this file is no recorded exchange."
            ) from fault
        if not isinstance(members, dict) or not isinstance(members.get("path"), str):
            raise UserError("recording.shape", f"Line {number} of this file is no recorded exchange.")
        found.append(_spoken(members))
    if not found:
        raise UserError("recording.empty", "There is no exchange in this recording.")
    return found


def _spoken(members: Mapping[str, Any]) -> Spoken:
    def word(name: str, limit: int) -> str:
        value = members.get(name)
        return clean(value, limit=limit) if isinstance(value, str) else ""

    return Spoken(
        url=word("url", 200),
        method=word("method", 8),
        path=word("path", 500),
        request=word("request", 8000),
        status=number_of(members.get("status")) or 0,
        reply=word("reply", 8000),
        error=word("error", 200),
    )


def devices_in(recording: Iterable[Spoken]) -> dict[str, list[Spoken]]:
    """The exchanges by the device's address, in their order."""
    found: dict[str, list[Spoken]] = {}
    for one in recording:
        found.setdefault(one.url, []).append(one)
    return found


def twin_of(spoken: Iterable[Spoken]) -> Twin:
    """What the device said it is, the last time that it did."""
    twin = Twin()
    for one in spoken:
        status = (_value(one.reply) or {}).get("data")
        facts = status.get("Status") if isinstance(status, dict) else None
        if one.path.startswith("/api/system/info") and isinstance(facts, dict):
            names = ("Model", "FirmwareVersion", "MAC")
            twin = Twin(*(clean(facts.get(name, ""), limit=64) for name in names))
    return twin


def _value(text: str) -> dict[str, Any] | None:
    try:
        value = first_value(text.encode())
    except DataError:
        return None
    return value if isinstance(value, dict) else None


def _decided(status: int, reply: Reply | None, error: str) -> str:
    """What an answer decides, as one short text."""
    if error:
        return "no answer"
    if status != 200 or reply is None:
        return f"HTTP {status}" if status else "no answer"
    if reply.accepted:
        return "taken"
    return f"refused: {reply.message or reply.retcode}"


@dataclass
class Player:
    """Plays one device's exchanges to a twin at `url`. Use once."""

    clock: Clock
    url: str
    user: str
    password: str = field(repr=False)
    pacing: PacingOf = fast_pacing
    _ids: dict[str, str] = field(default_factory=dict)
    _codes: dict[str, str] = field(default_factory=dict)

    async def play(self, spoken: Sequence[Spoken]) -> list[Played]:
        """Send each request that can be sent again; what came of each. A repeated sign-in is no exchange of its own."""
        played = []
        auth = DeviceAuth(self.user, self.password)
        for one in spoken:
            if not _PATH.fullmatch(one.path) or _NEVER.match(one.path) or one.status == 401:
                continue
            body = _value(one.request) if one.request else None
            if one.request and body is None:
                continue
            async with DeviceLine(self.clock, self.pacing("").limits, auth) as line:
                now = await self._ask(line, one, await self._with_own_ids(line, body))
            played.append(Played(one, _decided(one.status, _reply_of(one.reply), one.error), now))
        return played

    async def _ask(self, line: DeviceLine, one: Spoken, body: Any) -> str:
        content = json.dumps(self._with_codes(body)).encode() if body is not None else None
        headers = {"Content-Type": "application/json"} if content else None
        try:
            answer = await line.send(one.method, self.url + one.path, content=content, headers=headers)
        except (NotSentError, LineLostError):
            return "no answer"
        except BadAnswerError:
            return "an answer that makes no sense"
        try:
            reply: Reply | None = read_reply(answer.body)
        except DataError:
            reply = None
        return _decided(answer.status, reply, "")

    def _with_codes(self, value: Any, name: str = "") -> Any:
        """The request with a made-up code for every one that was masked, and without the mark of what was left out."""
        if isinstance(value, dict):
            return {key: self._with_codes(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [
                self._with_codes(x, name) for x in value if not (isinstance(x, str) and x.startswith(MORE))
            ]
        return self._code(name) if value == MASK else value

    def _code(self, name: str) -> str:
        """Another one each time: the same for two people might be refused where the true ones were not."""
        number = len(self._codes) + 1
        code = f"{0xA0000000 + number:08X}" if "card" in name.lower() else f"{10_000_000 + number}"
        return self._codes.setdefault(f"{name}{number}", code)

    async def _with_own_ids(self, line: DeviceLine, body: Any) -> Any:
        """A change names records by the device's own ids; the twin's are found by what else the record says."""
        items = (
            body.get("data", {}).get("item")
            if isinstance(body, dict) and isinstance(body.get("data"), dict)
            else None
        )
        target = body.get("target") if isinstance(body, dict) else None
        if not isinstance(items, list) or target not in {"user", "schedule"}:
            return body
        if not any(isinstance(one, dict) and one.get("ID") not in {None, "", "-1"} for one in items):
            return body
        label = "UserID" if target == "user" else "Name"
        try:
            answer = await line.send("GET", f"{self.url}/api/{target}/get")
            there = {str(one.get(label)): str(one.get("ID")) for one in read_reply(answer.body).items}
        except (NotSentError, LineLostError, BadAnswerError, DataError):
            return body
        own = [_renamed(one, there.get(str(one.get(label)))) for one in items if isinstance(one, dict)]
        return body | {"data": body["data"] | {"item": own}}


def _renamed(record: Mapping[str, Any], own: str | None) -> dict[str, Any]:
    return {**record, "ID": own} if own and "ID" in record else dict(record)


def _reply_of(text: str) -> Reply | None:
    """The recorded reply; of one that was cut, its head, which is what decides."""
    value = _value(text)
    if value is None and (head := _HEAD.match(text)):
        value = {"retcode": int(head[1]), "message": head[2]}
    if value is None:
        return None
    try:
        return read_reply(json.dumps(value).encode())
    except DataError:
        return None
