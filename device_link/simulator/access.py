"""Who may call the API: on, off, allow-list, Basic, digest, by the settings of this moment (device API 1.2)."""

from __future__ import annotations

import base64
import binascii
import hmac
from enum import Enum

from device_link.simulator.digest import REALM, Verdict, parse_digest
from device_link.simulator.envelope import encode, error_page, failed, invalid
from device_link.simulator.messages import Request, Response
from device_link.simulator.unit import Unit

NONE, NORMAL, ALLOWLIST, BASIC, DIGEST, BASIC_OR_DIGEST = "012345"
FIRST_LOGIN = "Please change the default password first"
_WHITE_LIST = tuple(f"WhiteListIP{n:02}" for n in range(1, 6))


class Entry(Enum):
    """The caller may enter, or must be judged again when the body has been read (digest `auth-int`)."""

    OPEN = "open"
    AFTER_BODY = "after body"


def admit(unit: Unit, request: Request, body_md5: str | None = None) -> Entry | Response:
    """Judge a caller: an `Entry`, or the response that refuses it.

    Mode 1 ("Normal") is for the maker's own tools and answers everybody with an error envelope; modes that no device
    is known to have are closed.
    """
    mode = unit.api_setting("AuthMode")
    barred = _barred(unit, request)
    if barred is not None:
        return barred
    if mode == NONE:
        return Entry.OPEN
    if mode == NORMAL:
        return Response(body=encode(invalid()))
    if mode == ALLOWLIST:
        peer = unit.faults.text("claim-peer") or request.peer
        return Entry.OPEN if peer in {unit.api_setting(name) for name in _WHITE_LIST} else _page(403)
    if mode in {BASIC, BASIC_OR_DIGEST} and _basic_is_right(unit, request):
        return Entry.OPEN
    if mode == BASIC:
        return _challenge(f'Basic realm="{REALM}"')
    if mode in {DIGEST, BASIC_OR_DIGEST}:
        return _digest(unit, request, body_md5, mode)
    return _page(403)


def _barred(unit: Unit, request: Request) -> Response | None:
    """What stands before any access mode: the API is off, wants a new password first, or a listed caller too."""
    if unit.faults.has("api-off") or unit.api_setting("Enable") != "1":
        return _page(403)
    if unit.faults.has("first-login"):
        return Response(body=encode(failed("unknow", FIRST_LOGIN)))
    listed = {unit.api_setting(name) for name in _WHITE_LIST}
    return _page(403) if unit.faults.has("list-and-digest") and request.peer not in listed else None


def _page(status: int) -> Response:
    return Response(status, error_page(status), "text/html")


def _challenge(*values: str) -> Response:
    response = _page(401)
    response.headers += [("WWW-Authenticate", value) for value in values]
    return response


def _credentials(unit: Unit) -> tuple[str, str]:
    return unit.api_setting("UserName"), unit.api_setting("Password")


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Return user and password of a Basic header; None if it is none."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(rest.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if colon else None


def same_login(given: tuple[str, str] | None, right: tuple[str, str]) -> bool:
    """Compare two logins in constant time."""
    return given is not None and all(
        hmac.compare_digest(one.encode("utf-8"), other.encode("utf-8"))
        for one, other in zip(given, right, strict=True)
    )


def _basic_is_right(unit: Unit, request: Request) -> bool:
    return same_login(basic_credentials(request.headers.get("authorization", "")), _credentials(unit))


def _digest(unit: Unit, request: Request, body_md5: str | None, mode: str) -> Entry | Response:
    given = parse_digest(request.headers.get("authorization", ""))
    verdict = Verdict.BAD
    if given is not None:
        user, password = _credentials(unit)
        verdict = unit.digest.judge(
            given,
            method=request.method,
            target=request.target,
            user=user,
            password=password,
            body_md5=body_md5,
        )
    if verdict is Verdict.GOOD:
        return Entry.OPEN
    if verdict is Verdict.NEED_BODY:
        return Entry.AFTER_BODY
    values = [unit.digest.challenge(stale=verdict is Verdict.STALE)]
    if mode == BASIC_OR_DIGEST:
        values.append(f'Basic realm="{REALM}"')
    return _challenge(*values)
