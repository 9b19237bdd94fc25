"""What may go wrong between this computer and a device, by what helps. All are errors of `core.base.errors`.

    RefusedError
    |-- BlockedError        device.blocked      the API is off, or an allow-list does not hold this computer
    |-- HttpsNeededError    device.https        answers only over HTTPS, and HTTPS did not work
    |-- TlsError            device.tls          no common TLS version or cipher
    |-- ThrottledError      device.throttled    too many requests, or confused by them
    |-- UnsupportedError    device.unsupported  this model or firmware does not have the call
    |-- OtherDeviceError    device.other        another device answers at the address
    |-- SaidNoError         device.refused      the device said no to what was asked
    SignInError
    |-- LoginError          device.sign_in      user or password not accepted
    `-- CameraLoginError    device.camera_sign_in  the same, by the camera
    UnreachableError
    `-- NoAnswerError       device.unreachable  nothing answered; nothing was changed
    AmbiguousError
    `-- BrokenOffError      device.ambiguous    the connection broke after a change had left
    DataError
    `-- NonsenseError       device.nonsense     an answer that makes no sense

Texts never contain a code of a person or a password; `said` holds the device's own words, cleaned and cut.
"""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from core.base.errors import AmbiguousError, DataError, RefusedError, SignInError, UnreachableError
from core.base.words import clean

SAID_LIMIT = 200
"""Characters of a device's words that are kept; a device may send pages of them."""


class BlockedError(RefusedError):
    """403 without a challenge (device API 1.1)."""

    def __init__(self, url: str, *, own_address: str, said: str = "") -> None:
        message = (
            f"The device at {url} lets nobody in: its HTTP API is off or its allow-list does not hold this computer's "
            f"address {own_address}."
        )
        remedy = (
            f"Open {web_page(url)}, page Security > HTTP API, and choose Digest, or add {own_address} to the "
            "white list."
        )
        super().__init__("device.blocked", message, remedy=remedy, said=said)


class LoginError(SignInError):
    """401 with a user and password, or without one to send."""

    def __init__(self, url: str, user: str, *, said: str = "") -> None:
        if user:
            message = f"The device at {url} does not accept the password of the user '{clean(user)}'."
        else:
            message = f"The device at {url} wants a user and a password for its HTTP API."
        remedy = (
            f"Enter the user and password of its HTTP API. They stand at {web_page(url)}, page Security > HTTP API, "
            "and are not those of the web page."
        )
        super().__init__("device.sign_in", message, remedy=remedy, said=said)


class CameraLoginError(SignInError):
    """The camera has an account of its own, which usually is that of the API (device API 1.2)."""

    def __init__(self, url: str, user: str) -> None:
        message = (
            f"The camera of the device at {url} does not accept the user '{clean(user)}' of its HTTP API."
        )
        remedy = f"Give both the same user and password at {web_page(url)}, page Intercom > RTSP."
        super().__init__("device.camera_sign_in", message, remedy=remedy)


class HttpsNeededError(RefusedError):
    """A redirect to HTTPS that leads nowhere."""

    def __init__(self, url: str, target: str) -> None:
        message = f"The device at {url} sends this computer to {clean(target)}, where nothing answers."
        remedy = f"Open {web_page(url)} and switch HTTPS on and off again, or restart the device."
        super().__init__("device.https", message, remedy=remedy)


class TlsError(RefusedError):
    """The TLS handshake failed even with old versions and weak keys allowed."""

    def __init__(self, url: str, *, said: str = "") -> None:
        message = f"The device at {url} speaks a version of HTTPS that this computer cannot use."
        remedy = "Update its firmware at the device, or switch it to HTTP on its own web page."
        super().__init__("device.tls", message, remedy=remedy, said=said)


class ThrottledError(RefusedError):
    """The device accepted the sign-in before and now refuses it, or says that it is too busy (device API 1)."""

    def __init__(self, url: str, *, said: str = "") -> None:
        message = f"The device at {url} refuses requests for now: it got more of them than it can serve."
        remedy = "Wait a minute and try again; close web pages and other programs that speak with the device."
        super().__init__("device.throttled", message, remedy=remedy, said=said)


class UnsupportedError(RefusedError):
    """The call does not exist on this model or firmware (device API 1.1)."""

    def __init__(self, url: str, what: str, *, said: str = "") -> None:
        message = f"The device at {url} does not know '{clean(what)}'."
        remedy = "This model or firmware cannot do it; a newer firmware may."
        super().__init__("device.unsupported", message, remedy=remedy, said=said)


class OtherDeviceError(RefusedError):
    """The MAC at the address is not the one that was asked for."""

    def __init__(self, url: str, *, wanted: str, found: str) -> None:
        message = f"At {url} answers the device {found or 'without a MAC'}, not {wanted}."
        remedy = "Scan the network again: the device has another address now."
        super().__init__("device.other", message, remedy=remedy)


class SaidNoError(RefusedError):
    """A plain no from the device."""

    def __init__(
        self, url: str, what: str, *, said: str, status: int = 0, retcode: int | None = None
    ) -> None:
        words = f": {said}" if said else f" (HTTP {status})" if status else " without a reason"
        super().__init__("device.refused", f"The device at {url} refused '{clean(what)}'{words}.", said=said)
        self.status = status
        self.retcode = retcode


class NoAnswerError(UnreachableError):
    """Nothing answered, or the connection broke before anything could have changed."""

    def __init__(self, url: str, why: str) -> None:
        remedy = "Check its power and cable, and that this computer is on the same network."
        super().__init__(
            "device.unreachable", f"The device at {url} does not answer ({clean(why)}).", remedy=remedy
        )


class BrokenOffError(AmbiguousError):
    """The connection broke after a change had left this computer."""

    def __init__(self, url: str, what: str, why: str) -> None:
        message = (
            f"The connection to {url} broke while '{clean(what)}' was on its way ({clean(why)}): it may or may not "
            "have taken effect."
        )
        super().__init__("device.ambiguous", message, remedy="Read the device again before repeating it.")


class NonsenseError(DataError):
    """Bytes that are no answer of an intercom, or an answer with a part missing."""

    def __init__(self, what: str, url: str = "") -> None:
        words = f"The device at {url} answered with {what}." if url else f"The device answered with {what}."
        super().__init__("device.nonsense", words, remedy="Restart the device and try again.")


def said_by(text: object) -> str:
    """A device's words, fit to be shown and kept."""
    return clean(text, limit=SAID_LIMIT)


def web_page(url: str) -> str:
    """The address of the device's own web page."""
    parts = urlsplit(url)
    return f"{parts.scheme or 'http'}://{parts.netloc or parts.path}/"


def own_address_towards(url: str) -> str:
    """This computer's address as the device sees it; asks the system's routing table, sends nothing.

    Blocks only for a host name that is not an address yet; `this computer` when there is no route.
    """
    parts = urlsplit(url)
    try:
        family, kind, proto, _, target = socket.getaddrinfo(
            parts.hostname, parts.port or 80, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )[0]
        with socket.socket(family, kind, proto) as probe:
            probe.connect(target)
            return str(probe.getsockname()[0])
    except (OSError, ValueError):
        return "(this computer)"
