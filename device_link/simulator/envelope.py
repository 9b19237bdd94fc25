"""The JSON envelope of every answer and the devices' error bodies, word for word (device API 1.1)."""

from __future__ import annotations

from typing import Any

import msgspec

Envelope = dict[str, Any]

INVALID_REQUEST = "Invalid http request"
ERROR_PARAM = "error param"
API_UNSUPPORTED = "Api unsupported"
ACTION_UNSUPPORTED = "unsupport action"
NO_HANDLER = "No hanlders for this request"

_REASONS = {
    200: "OK",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    500: "Internal Server Error",
    503: "Service Not Available",
}


def ok(action: str, data: object = None, message: str = "OK") -> Envelope:
    """Build a success; `data` is left out when it is None, as devices do on most writes."""
    envelope: Envelope = {"retcode": 0, "action": action, "message": message}
    if data is not None:
        envelope["data"] = data
    return envelope


def failed(action: str, message: str, retcode: int = -1, data: object = None) -> Envelope:
    """Build a failure in an envelope (HTTP 200 all the same)."""
    envelope: Envelope = {"retcode": retcode, "action": action, "message": message}
    if data is not None:
        envelope["data"] = data
    return envelope


def invalid() -> Envelope:
    """Build the answer to an unknown API or a request that makes no sense."""
    return failed("unknow", INVALID_REQUEST)


def error_param() -> Envelope:
    """Build the answer to a bad parameter."""
    return failed("unknow", ERROR_PARAM)


def encode(envelope: Envelope) -> bytes:
    """Serialise an envelope."""
    return msgspec.json.encode(envelope)


def reason_of(status: int) -> str:
    """Return the words beside an HTTP status."""
    return _REASONS.get(status, "Error")


def error_page(status: int) -> bytes:
    """Build the web server's own XHTML page for an HTTP error; it is not JSON."""
    title = f"{status} - {reason_of(status)}"
    return (
        '<?xml version="1.0" encoding="iso-8859-1"?>\n'
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n'
        ' "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">\n'
        f" <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n </body>\n</html>\n"
    ).encode("ascii")
