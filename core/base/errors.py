"""The error tree. Every error a person may meet derives from `GatewrightError`.

    GatewrightError            code, message, remedy: fit for a window, a log line and a JSON document
    |-- UserError              what was entered or asked for cannot be done as it is
    |   |-- NotAllowedError    the person's role does not allow it (ACC-12)
    |   `-- NotFoundError      no such row, file or device
    |-- RefusedError           the cloud or a device said no, in its own words
    |   `-- SignInError        user name, password, code or session not accepted
    |-- UnreachableError       nothing answered; trying again later is right
    |   `-- AmbiguousError     the connection broke after the request had left: it may have taken effect
    |-- DataError              a file, mirror or reply is damaged or not what it claims to be
    `-- CancelledByPerson      the person stopped it; not a fault

Anything else that escapes is a fault of ours and goes to the crash dialog.
"""

from __future__ import annotations


class GatewrightError(Exception):
    """Root of all errors that are worded for a person.

    `code` is stable and machine-readable (`area.fault`), `message` says what, where and why in one or two
    sentences, `remedy` says what to do next (may be empty), `field` names the field or column at fault.
    Texts never contain a PIN, card, password or key.
    """

    exit_code = 1

    def __init__(self, code: str, message: str, *, remedy: str = "", field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.field = field

    def document(self) -> dict[str, str]:
        """The error as the members of a JSON document; empty members are left out."""
        parts = {"code": self.code, "message": self.message, "remedy": self.remedy, "field": self.field}
        return {key: value for key, value in parts.items() if value}

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class UserError(GatewrightError):
    """What was entered or asked for cannot be done as it is."""


class NotAllowedError(UserError):
    """The person's role or the site's permissions do not allow this act (ACC-12)."""


class NotFoundError(UserError):
    """No such row, file or device."""


class RefusedError(GatewrightError):
    """The cloud or a device said no; `said` holds its own words, cleaned and cut."""

    def __init__(self, code: str, message: str, *, remedy: str = "", field: str = "", said: str = "") -> None:
        super().__init__(code, message, remedy=remedy, field=field)
        self.said = said

    def document(self) -> dict[str, str]:
        """As the base, with the other side's words under `said`."""
        parts = super().document()
        return {**parts, "said": self.said} if self.said else parts


class SignInError(RefusedError):
    """User name, password, code or session were not accepted."""


class UnreachableError(GatewrightError):
    """Nothing answered. Shown as a state and tried again, not as a dialog."""

    exit_code = 3


class AmbiguousError(UnreachableError):
    """The connection broke after the request had left: only reading back tells whether it took effect."""


class DataError(GatewrightError):
    """A file, mirror or reply is damaged or is not what it claims to be."""


class CancelledByPerson(GatewrightError):
    """The person stopped the work. Unwinds in silence."""

    def __init__(self, what: str = "This work") -> None:
        super().__init__("cancelled", f"{what} was stopped on request.")
