"""What each model is and can hold: one data file, resources/catalogue.json (DEV-03, device API 5.1 and 5.3)."""

from __future__ import annotations

import importlib.resources
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.entities.device import DeviceKind
from core.rules.versions import at_least, family


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalogue. `users` None: not published. `access_methods_from`: least firmware for DEV-03."""

    name: str
    prefix: int
    kind: DeviceKind
    relays: int
    inputs: int
    silhouette: str
    users: int | None = None
    access_methods_from: str = ""


@cache
def _data() -> dict[str, Any]:
    text = (importlib.resources.files("resources") / "catalogue.json").read_text("utf-8")
    return dict(json.loads(text))


@cache
def models() -> dict[str, Model]:
    """Every model by its name."""
    return {
        name: Model(
            name=name,
            prefix=entry["prefix"],
            kind=DeviceKind(entry["kind"]),
            relays=entry["relays"],
            inputs=entry["inputs"],
            silhouette=entry["silhouette"],
            users=entry.get("users"),
            access_methods_from=entry.get("access_methods_from", ""),
        )
        for name, entry in _data()["models"].items()
    }


def model_of(name: str, firmware: str = "") -> Model | None:
    """The catalogue's model for what a device calls itself; variants fall back to the longest beginning that fits."""
    known = models()
    if name in known:
        return known[name]
    prefix = family(firmware)
    fits = [m for m in known.values() if name.startswith(m.name) and (prefix is None or m.prefix == prefix)]
    return max(fits, key=lambda m: len(m.name), default=None)


def firmware_fits(model: str, version: str, running: str = "") -> bool:
    """Whether a release's version belongs on a model: same family as the catalogue says, or as what runs there now."""
    known = model_of(model, running)
    wanted = family(version)
    families = {known.prefix} if known else set()
    if (now := family(running)) is not None:
        families.add(now)
    return not families or wanted in families


def missing_for_access_methods(model: str, firmware: str) -> str:
    """The least firmware for access methods per relay when the running one is older (DEV-19); else empty."""
    known = model_of(model, firmware)
    if known is None or not known.access_methods_from or not firmware:
        return ""
    return "" if at_least(firmware, known.access_methods_from) else known.access_methods_from


def cards_per_user() -> int:
    """How many cards one user record holds (device API 5.3)."""
    return int(_data()["cards_per_user"])


def card_text_max() -> int:
    """How many characters the card text of one user record holds on the tightest firmware (device API 3.8)."""
    return int(_data()["card_text_max"])
