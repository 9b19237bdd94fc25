"""Settings of remote maintenance (DEV-07): connection type, the push-button modules of the R20. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from core.base.errors import UserError
from core.base.words import clean
from core.rules.catalogue import limit, model_of

TRANSPORT_KEY = "Config.Account1.SIP.TransType"
"""How calls of the first account reach the server (device API 7)."""
SIP_NUMBER_KEY = "Config.Account1.GENERAL.UserName"
"""The number under which a device is called (device API 7)."""


class Transport(StrEnum):
    """DEV-07: the source shows TCP; UDP and TLS are ours."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


TRANSPORT_VALUES: Mapping[Transport, str] = MappingProxyType(
    {Transport.UDP: "0", Transport.TCP: "1", Transport.TLS: "2"}
)
"""What a device holds (device API 7)."""


class ButtonModule(StrEnum):
    """Push-button modules beside an R20K or R20B (DEV-07)."""

    MD06 = "MD06"
    MD12 = "MD12"


BUTTONS: Mapping[ButtonModule, int] = MappingProxyType({ButtonModule.MD06: 6, ButtonModule.MD12: 12})
"""How many buttons a module has, which its name tells."""
BUTTON_MODELS = ("R20K", "R20B")
_NUMBER = re.compile(r"[0-9A-Za-z+*#.:@_-]{1,64}")


def button_key(number: int) -> str:
    """The key of one push button; `number` counts from 1 (device API 7)."""
    return f"Config.Programable.SOFTKEY{number:02d}.LocalParam1"


def has_buttons(model: str, firmware: str = "") -> bool:
    """DEV-07: only an R20K or R20B takes a module; variants such as R20BX3 are one."""
    known = model_of(model, firmware)
    return any(name.startswith(BUTTON_MODELS) for name in (model, known.name if known else ""))


def button_settings(
    name: str, model: str, module: ButtonModule, numbers: Mapping[int, Sequence[str]]
) -> dict[str, str]:
    """The settings of a module's buttons: button -> the numbers that it calls.

    UserError for another model, a button that the module has not, too many numbers, or a text that is no number.
    """
    if not has_buttons(model):
        words = f"'{name}' is a {model or 'device of an unknown model'}; only an R20K or R20B has a push-button module."
        raise UserError("device.cannot.push_buttons", words, remedy="Choose another device.")
    most, found = limit("push_button_numbers"), {}
    for button, called in sorted(numbers.items()):
        if not 1 <= button <= BUTTONS[module]:
            raise UserError(
                "buttons.none", f"An {module.value} has {BUTTONS[module]} buttons, no button {button}."
            )
        if len(called) > most:
            words = f"Button {button} calls {len(called)} numbers; at most {most} are allowed."
            raise UserError("buttons.many", words)
        wrong = next((one for one in called if not _NUMBER.fullmatch(one)), None)
        if wrong is not None:
            raise UserError(
                "buttons.number", f"Button {button}: '{clean(wrong, limit=40)}' is no number to call."
            )
        found[button_key(button)] = ";".join(called)
    return found
