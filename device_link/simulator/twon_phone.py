"""The telephone in a simulated 2N unit, and how a call of its API is refused (device API 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from device_link.simulator.twon_state import TwoNState


class Refused(Exception):
    """An error with a code of the API."""

    def __init__(self, code: int, param: str = "", description: str = "") -> None:
        super().__init__(code)
        self.code, self.param, self.description = code, param, description

    def document(self) -> dict[str, Any]:
        """Return the body of the answer."""
        error: dict[str, Any] = {"code": self.code}
        if self.param:
            error["param"] = self.param
        error["description"] = self.description or "the request was refused"
        return {"success": False, "error": error}


def status(state: TwoNState, query: Mapping[str, str]) -> dict[str, Any]:
    """The calls that there are, or the one of a session."""
    wanted = query.get("session", "")
    return {"sessions": [one for number, one in state.calls.items() if wanted in {"", str(number)}]}


def dial(state: TwoNState, query: Mapping[str, str]) -> dict[str, Any]:
    """Begin a call."""
    if "number" not in query:
        raise Refused(11, "number", "missing mandatory parameter")
    if not query["number"]:
        raise Refused(12, "number", "invalid parameter value")
    return {"session": state.dial(query["number"])}


def hang_up(state: TwoNState, query: Mapping[str, str]) -> dict[str, Any] | None:
    """End a call."""
    session = query.get("session", "")
    if not session.isascii() or not session.isdigit() or state.calls.pop(int(session[:9]), None) is None:
        raise Refused(12, "session", "invalid parameter value")
    return None
