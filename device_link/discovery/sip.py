"""The little SIP of plug and play (RFC 6080 as phones do it): SUBSCRIBE in, 200 and NOTIFY out. Pure; any bytes."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from urllib.parse import unquote

from core.base.words import clean
from device_link.addresses import real_mac
from device_link.discovery.announced import TEXT_LIMIT

_SIZE_LIMIT = 8192
_HEADERS_AT_MOST = 60
_VALUE_LIMIT = 512
_SHORT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "o": "event",
    "m": "contact",
    "u": "allow-events",
}
_PARAMETER = re.compile(r';\s*([\w\-]{1,32})\s*=\s*(?:"([^"]*)"|([^;\s]*))')
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A request for a provisioning address, with the headers that an answer repeats."""

    vias: tuple[str, ...]
    sender: str
    to: str
    call_id: str
    cseq: str
    contact: str
    mac: str = ""
    vendor: str = ""
    model: str = ""
    version: str = ""

    @property
    def target(self) -> tuple[str, int] | None:
        """Address and port in the topmost Via, where answers are to go; None when it names none."""
        found = re.match(r"SIP/2\.0/UDP\s+([0-9.]{7,15})(?::(\d{1,5}))?", self.vias[0], re.IGNORECASE)
        port = int(found[2] or 5060) if found else 0
        return (found[1], port) if found and 1 <= port <= 65535 else None


def read_subscribe(data: bytes) -> Subscribe | None:
    """A SUBSCRIBE for `ua-profile`; None for anything else, or when a header that must be repeated is missing."""
    if len(data) > _SIZE_LIMIT:
        return None
    head = data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n", 1)[0]
    first, *lines = re.sub(r"\n[ \t]+", " ", head).split("\n")[: _HEADERS_AT_MOST + 1]
    if not re.match(r"SUBSCRIBE sips?:\S{1,200} SIP/2\.0\s*$", first, re.IGNORECASE):
        return None
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            plain = name.strip().lower()[:32]
            kept = _UNSAFE.sub(" ", value).strip()[:_VALUE_LIMIT]
            headers.setdefault(_SHORT.get(plain, plain), []).append(kept)
    event = headers.get("event", [""])[0]
    needed = [headers.get(name, [""])[0] for name in ("from", "to", "call-id", "cseq")]
    if event.split(";", 1)[0].strip().lower() != "ua-profile" or not all(needed) or "via" not in headers:
        return None
    return _subscribe(headers, event)


def _subscribe(headers: dict[str, list[str]], event: str) -> Subscribe:
    facts = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(event)}
    sender = headers["from"][0]
    return Subscribe(
        vias=tuple(headers["via"][:8]),
        sender=sender,
        to=headers["to"][0],
        call_id=headers["call-id"][0],
        cseq=headers["cseq"][0],
        contact=headers.get("contact", [""])[0],
        mac=_mac_in(sender) or _mac_in(headers.get("contact", [""])[0]) or real_mac(facts.get("mac", "")),
        vendor=clean(facts.get("vendor", ""), limit=TEXT_LIMIT),
        model=clean(facts.get("model", ""), limit=TEXT_LIMIT),
        version=clean(facts.get("version", ""), limit=TEXT_LIMIT),
    )


def _mac_in(address: str) -> str:
    """`<sip:MAC%3A0C1105000001@224.0.1.75>`, with or without the word."""
    found = re.search(r"sips?:(?:MAC:)?([0-9A-F:\-]{12,17})@", unquote(address), re.IGNORECASE)
    return real_mac(found[1]) if found else ""


def accepted(request: Subscribe, own: str) -> bytes:
    """The 200 that a device waits for; `own` is `address:port` of this computer."""
    tag = "" if re.search(r";\s*tag=", request.to) else f";tag={_tag(request)}"
    lines = [
        "SIP/2.0 200 OK",
        *(f"Via: {via}" for via in request.vias),
        f"From: {request.sender}",
        f"To: {request.to}{tag}",
        f"Call-ID: {request.call_id}",
        f"CSeq: {request.cseq}",
        f"Contact: <sip:{own}>",
        "Expires: 0",
        "Content-Length: 0",
    ]
    return _message(lines, "")


def notify(request: Subscribe, own: str, url: str) -> bytes:
    """The NOTIFY that carries the address to provision from."""
    target = request.target
    where = f"{target[0]}:{target[1]}" if target else "224.0.1.75:5060"
    to_uri = re.search(r"<(sips?:[^>\s]{1,200})>", request.contact)
    lines = [
        f"NOTIFY {to_uri[1] if to_uri else f'sip:{where}'} SIP/2.0",
        f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{secrets.token_hex(8)}",
        "Max-Forwards: 20",
        f"From: {request.to};tag={_tag(request)}",
        f"To: {request.sender}",
        f"Call-ID: {request.call_id}",
        "CSeq: 1 NOTIFY",
        f"Contact: <sip:{own}>",
        "Event: ua-profile",
        "Subscription-State: terminated;reason=timeout",
        "Content-Type: application/url",
        f"Content-Length: {len(url.encode('utf-8'))}",
    ]
    return _message(lines, url)


def _tag(request: Subscribe) -> str:
    """Our end of the conversation has one name in the 200 and in the NOTIFY."""
    return hashlib.sha256(request.call_id.encode("utf-8")).hexdigest()[:12]


def _message(lines: list[str], body: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("utf-8")
