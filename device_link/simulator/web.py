"""What a device serves beside the API: web sign-in (device API 1.4), status leaks (1.3), OpenDoor (3.5), downloads,
snapshot. None of it is under the API's access modes.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any

from device_link.simulator.access import admit, basic_credentials, same_login
from device_link.simulator.call import BadCallError, Call, resolve
from device_link.simulator.doors import open_relay
from device_link.simulator.endpoints import registry
from device_link.simulator.envelope import Envelope, encode, error_page, failed, invalid, ok
from device_link.simulator.messages import Request, Response
from device_link.simulator.relays import relay_number
from device_link.simulator.unit import Unit

SNAPSHOT = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEAZABkAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////"
    "////////////////////wAALCAAIAAgBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF"
    "BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW"
    "V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi"
    "4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/ACv/2Q=="
)
"""A grey picture of eight by eight pixels, as a JPEG file."""

_PREFIXES = ("/api/web/", "/web/", "/fcgi/", "/download/", "/picture.jpg", "/jpeg.cgi", "/video.cgi")


def is_web(path: str) -> bool:
    """Say whether a path belongs here and not to the API."""
    return path == "/" or path.startswith(_PREFIXES)


def serve(unit: Unit, request: Request, body: bytes) -> Response:
    """Answer a request for one of the web paths."""
    path = request.path
    if path.startswith("/api/web/"):
        return _spa(unit, request, body)
    if path == "/web/status/get":
        return _legacy_status(unit)
    if path in {"/fcgi/do", "/fcgi/OpenDoor"} and request.query.get("action") == "OpenDoor":
        return _open_door(unit, request)
    if path.startswith("/download/"):
        return _download(unit, request, path.removeprefix("/download/"))
    if path == "/picture.jpg":
        refused = _media_refusal(unit, request)
        return refused or Response(body=SNAPSHOT, content_type="image/jpeg")
    if path == "/":
        return Response(
            body=b"<html><head><title>Intercom</title></head><body></body></html>", content_type="text/html"
        )
    return _page(404)


def _page(status: int) -> Response:
    return Response(status, error_page(status), "text/html")


def _json(envelope: Envelope) -> Response:
    return Response(body=encode(envelope))


# ------------------------------------------------------------------------------------------- the page's own API


def _spa(unit: Unit, request: Request, body: bytes) -> Response:
    if unit.profile.web != "spa":
        return _page(404)
    if request.path == "/api/web/system/info":
        return _json(_spa_info(unit))
    try:
        call = resolve(request.method, request.path.replace("/api/web/", "/api/", 1), request.query, body, [])
    except BadCallError:
        return _json(invalid())
    if call.target == "login":
        return _sign_in(unit, call)
    if request.cookies.get("token", "") not in unit.web_tokens or not unit.web_tokens:
        return _page(401)
    if call.target != "config" or call.action not in {"get", "set"}:
        return _json(invalid())
    return _json(registry.answer(unit, call).envelope or invalid())


def _spa_info(unit: Unit) -> Envelope:
    status = {
        "Model": unit.profile.model,
        "FirmwareVersion": unit.state.firmware,
        "HardwareVersion": unit.profile.hardware,
    }
    return ok("info", {"Status": status})


def _sign_in(unit: Unit, call: Call) -> Response:
    if call.action == "set":
        return _json(ok("set", {"encrypt": unit.new_web_nonce()}))
    if call.action != "login":
        return _json(invalid())
    if _login_is_right(unit, call.data):
        return _json(ok("login", {"token": unit.new_web_token()}))
    return _json(failed("login", "Login failed"))


def _login_is_right(unit: Unit, data: dict[str, Any]) -> bool:
    """The password is Base64 of the last nonce and the web password; each nonce works once."""
    try:
        sent = base64.b64decode(str(data.get("password", "")), validate=True)
    except (binascii.Error, ValueError):
        return False
    prefix = "Config.Settings.WEB_LOGIN"
    password = unit.config.get(f"{prefix}.Password")
    for nonce in list(unit.web_nonces):
        if hmac.compare_digest(sent, f"{nonce}{password}".encode()):
            unit.web_nonces.remove(nonce)
            return str(data.get("userName")) == unit.config.get(f"{prefix}.UserName")
    return False


def _legacy_status(unit: Unit) -> Response:
    if unit.profile.web != "legacy":
        return _page(404)
    return _json(ok("get", {"ProductName": unit.profile.model}))


# --------------------------------------------------------------------------------------------------- OpenDoor


def _open_door(unit: Unit, request: Request) -> Response:
    """The answer is HTTP 200 whatever happens; some models carry the result in a hidden input (device API 3.5)."""
    if unit.profile.open_door == "refused":
        return _html("<p>please use new interface</p>")
    lettered = unit.profile.relay_keys == "lettered"
    switch = "Config.DoorSetting.RELAY." + ("HttpTrig" if lettered else "RelayOnWeb")
    relay = relay_number(request.query.get("DoorNum", ""))
    result = "0"
    if not same_login(_open_door_login(request), unit.relay_login):
        result = "-1"
    elif not unit.config.flag(switch) or relay is None or not unit.relays.exists(relay):
        result = "1"
    else:
        open_relay(unit, relay)
        unit.log_door("HTTP", "--", str(relay), None, opened=True)
    if unit.profile.open_door == "hidden-result":
        return _html(f'<input type="hidden" id="hcSingleResult" value="{result}">')
    return _html("") if result == "0" else _html("<p>open door failed</p>")


def _open_door_login(request: Request) -> tuple[str, str] | None:
    if request.path == "/fcgi/OpenDoor" and "UserName" not in request.query:
        return basic_credentials(request.headers.get("authorization", ""))
    return request.query.get("UserName", ""), request.query.get("Password", "")


def _html(inner: str) -> Response:
    return Response(body=f"<html><body>{inner}</body></html>".encode(), content_type="text/html")


# ------------------------------------------------------------------------------------------------------ files


def _download(unit: Unit, request: Request, name: str) -> Response:
    """Exported files and door pictures; whoever may call the API may fetch them."""
    entry = admit(unit, request, request.body.md5_hex)
    if isinstance(entry, Response):
        return entry
    if name in unit.downloads:
        return Response(body=unit.downloads[name], content_type="application/octet-stream")
    picture = name.removeprefix("door_pic/")
    if picture != name and any(event.picture == picture for event in unit.state.door_log):
        return Response(body=SNAPSHOT, content_type="image/jpeg")
    return _page(404)


def _media_refusal(unit: Unit, request: Request) -> Response | None:
    """The snapshot asks for the RTSP account by Basic, unless it is set open."""
    prefix = "Config.DoorSetting.RTSP"
    if unit.config.get(f"{prefix}.MJPEGAuthorization") != "1":
        return None
    user = unit.config.get(f"{prefix}.UserName") or unit.config.get(f"{prefix}.Username")
    login = basic_credentials(request.headers.get("authorization", ""))
    if same_login(login, (user, unit.config.get(f"{prefix}.Password"))):
        return None
    refused = _page(401)
    refused.headers.append(("WWW-Authenticate", 'Basic realm="MJPEG"'))
    return refused
