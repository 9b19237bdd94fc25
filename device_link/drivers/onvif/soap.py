"""SOAP as ONVIF speaks it: requests with a UsernameToken out, replies and faults in. Pure but for the nonce."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from core.base.words import clean
from core.rules.desired import Identity
from device_link.addresses import real_mac
from device_link.drivers.akuvox.envelope import number_of
from device_link.errors import NonsenseError, said_by
from device_link.xml_reader import Element, parse_xml

DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
_SCHEMA = "http://www.onvif.org/ver10/schema"
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"

HEADERS = {"Content-Type": "application/soap+xml; charset=utf-8"}


def request(namespace: str, action: str, inner: str = "", header: str = "") -> bytes:
    """An envelope. `inner` and `header` are XML of ours; texts of others are escaped by whoever puts them in."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="{_SCHEMA}">'
        f'<s:Header>{header}</s:Header><s:Body><{action} xmlns="{namespace}">{inner}</{action}></s:Body></s:Envelope>'
    ).encode()


def token(user: str, password: str, now: datetime) -> str:
    """A UsernameToken with a digest: the password does not travel, and holds for the camera's `now` only."""
    nonce = secrets.token_bytes(16)
    created = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    mixed = nonce + created.encode("ascii") + password.encode("utf-8")
    digest = base64.b64encode(hashlib.sha1(mixed, usedforsecurity=False).digest()).decode("ascii")
    kind = f"{_SECURITY}-username-token-profile-1.0#PasswordDigest"
    encoding = f"{_SECURITY}-soap-message-security-1.0#Base64Binary"
    return (
        f'<w:Security xmlns:w="{_SECURITY}-wssecurity-secext-1.0.xsd" '
        f'xmlns:u="{_SECURITY}-wssecurity-utility-1.0.xsd"><w:UsernameToken>'
        f"<w:Username>{escape(user)}</w:Username>"
        f'<w:Password Type="{kind}">{digest}</w:Password>'
        f'<w:Nonce EncodingType="{encoding}">{base64.b64encode(nonce).decode("ascii")}</w:Nonce>'
        f"<u:Created>{created}</u:Created></w:UsernameToken></w:Security>"
    )


def read_body(data: bytes) -> Element:
    """The body of a reply; NonsenseError when it is no SOAP."""
    body = parse_xml(data).find("Body")
    if body is None:
        raise NonsenseError("XML that is no SOAP")
    return body


def fault_words(body: Element) -> tuple[str, bool]:
    """The camera's complaint and whether it is about the sign-in; an empty text when there is none."""
    fault = body.find("Fault")
    if fault is None:
        return "", False
    codes = " ".join(clean(one.raw, limit=80) for one in fault.all("Value"))
    words = fault.text("Reason", "Text") or fault.text("faultstring") or codes or "a fault without a reason"
    about_sign_in = any(
        word in f"{codes} {words}" for word in ("NotAuthorized", "FailedAuthentication", "not authorized")
    )
    return said_by(words), about_sign_in


def identity_of(body: Element, mac: str) -> Identity:
    """What GetDeviceInformation says; NonsenseError when it names neither maker nor model."""
    maker, model = body.text("Manufacturer", limit=40), body.text("Model", limit=64)
    if not maker and not model:
        raise NonsenseError("device information that names neither maker nor model")
    both = model if maker.lower() in model.lower() else f"{maker} {model}".strip()
    return Identity(
        mac=mac,
        model=clean(both, limit=64),
        firmware=body.text("FirmwareVersion", limit=64),
        hardware=body.text("HardwareId", limit=64),
    )


def mac_of(body: Element) -> str:
    """The first card with a MAC in GetNetworkInterfaces; empty when none has one."""
    cards = body.all("HwAddress")
    return next((mac for one in cards if (mac := real_mac(clean(one.raw, limit=32)))), "")


def moment_of(body: Element) -> datetime:
    """The UTC time of GetSystemDateAndTime; NonsenseError when it tells none."""
    utc = body.find("UTCDateTime")
    texts = ("Year", "Month", "Day", "Hour", "Minute", "Second")
    numbers = [number_of(utc.text(name)) for name in texts] if utc is not None else []
    if not numbers or None in numbers:
        raise NonsenseError("a time without its parts")
    year, month, day, hour, minute, second = (number or 0 for number in numbers)
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError) as fault:
        raise NonsenseError("a time that does not exist") from fault


def media_profile(body: Element) -> str:
    """The token of the first profile with video; NonsenseError when there is none."""
    profiles = list(body.all("Profiles"))
    chosen = next((one for one in profiles if one.find("VideoEncoderConfiguration") is not None), None)
    chosen = chosen or next(iter(profiles), None)
    found = clean(chosen.attributes.get("token", ""), limit=64) if chosen is not None else ""
    if not found:
        raise NonsenseError("no media profile")
    return found
