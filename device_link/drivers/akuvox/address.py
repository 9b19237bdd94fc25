"""The base URL of a device and where a redirect leads. Pure functions."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.base.errors import UserError
from core.base.words import clean


def base_url(text: str) -> str:
    """`scheme://host[:port]` of what a link names; HTTP when no scheme is given. UserError for what is no address."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or parts.scheme not in {"http", "https"}:
        message = f"'{clean(text)}' is no address of a device."
        raise UserError(
            "device.address", message, remedy="Use a form such as http://192.168.1.20.", field="url"
        )
    return _joined(parts.scheme, host, port)


def https_of(base: str, location: str) -> str:
    """The HTTPS base that a redirect from `base` asks for; empty when it asks for anything else.

    The host stays the one that was asked, whatever the redirect says: a device cannot send a sign-in elsewhere.
    """
    own = urlsplit(base)
    try:
        target = urlsplit(location)
        port = target.port
    except ValueError:
        return ""
    if target.scheme != "https" or own.scheme == "https":
        return ""
    return _joined("https", own.hostname or "", port)


def _joined(scheme: str, host: str, port: int | None) -> str:
    usual = {"http": 80, "https": 443}[scheme]
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" if port in {None, usual} else f"{scheme}://{name}:{port}"
