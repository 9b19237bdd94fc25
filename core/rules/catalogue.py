"""What each model is, can do and can hold: one data file, resources/catalogue.json, whose values name their sources.

DEV-03, DEV-05, DEV-14 to DEV-18 (features with the least firmware), device API 5.1 and 5.3 (models and limits).
"""

from __future__ import annotations

import importlib.resources
import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from core.base.errors import UserError
from core.entities.device import DeviceKind
from core.rules.versions import at_least, family


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalogue. `users` None: not published. `line`: its name in the lists of features."""

    name: str
    prefix: int
    kind: DeviceKind
    relays: int
    inputs: int
    silhouette: str
    users: int | None = None
    line: str = ""


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
            line=entry.get("line", ""),
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
    return ability("access_methods", model, firmware).needs


def cards_per_user() -> int:
    """How many cards one user record holds (device API 5.3)."""
    return limit("cards_per_user")


def card_text_max() -> int:
    """How many characters the card text of one user record holds on the tightest firmware (device API 3.8)."""
    return limit("card_text_max")


def limit(name: str) -> int:
    """A limit that holds for every device (device API 5.3); KeyError for an unknown name."""
    return int(_data()["limits"][name]["value"])


class Can(StrEnum):
    """Whether a device can do something."""

    YES = "yes"
    NO = "no"
    UPDATE = "update"
    """Not with the firmware that runs; a later one can."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether a device can do something, what version it needs, and the sentence for people (DEV-19)."""

    feature: str
    can: Can
    needs: str = ""
    said: str = ""
    source: str = ""


@cache
def features() -> tuple[str, ...]:
    """The names of every feature."""
    return tuple(_data()["features"])


def article(name: str) -> str:
    """A model with its article, as it is spoken: an R29, a C315."""
    return f"{'an' if name[:1].upper() in 'AEFHILMNORSX' else 'a'} {name}"


def ability(feature: str, model: str, firmware: str) -> Ability:
    """Whether a device of this model and firmware can do something (DEV-19); KeyError for an unknown feature.

    A version of another family than the list's is not compared: the model's name then means another hardware.
    """
    entry = _data()["features"][feature]
    words, source = str(entry["words"]), str(entry["source"])
    known = model_of(model, firmware)
    name = known.name if known is not None else model
    least = next((entry["from"][n] for n in (name, known.line if known else "") if n in entry["from"]), None)
    if entry.get("unknown") or (known is None and least is None):
        said = f"Whether {article(model) if model else 'a device of an unknown model'} has {words} is not published."
        return Ability(feature, Can.UNKNOWN, "", said, source)
    one = article(name)
    start = f"{one[0].upper()}{one[1:]}"
    if least is None:
        return Ability(feature, Can.NO, "", f"{start} has no {words}.", source)
    if not least or at_least(firmware, least):
        return Ability(feature, Can.YES, "", "", source)
    if not firmware or family(firmware) != family(least):
        said = f"{words.capitalize()} on {one} need firmware {least} or later; what runs is not comparable."
        return Ability(feature, Can.UNKNOWN, least, said, source)
    said = f"{start} on {firmware} has no {words}: it needs firmware {least} or later."
    return Ability(feature, Can.UPDATE, least, said, source)


def abilities(model: str, firmware: str) -> tuple[Ability, ...]:
    """Every feature, for the device's page."""
    return tuple(ability(feature, model, firmware) for feature in features())


def require_ability(feature: str, name: str, model: str, firmware: str) -> None:
    """UserError before an act that the device `name` cannot do, with the version that can. Unknown is let through."""
    found = ability(feature, model, firmware)
    if found.can in {Can.NO, Can.UPDATE}:
        remedy = f"Upgrade it to {found.needs} or later first." if found.needs else "Choose another device."
        raise UserError(f"device.cannot.{feature}", f"'{name}': {found.said}", remedy=remedy)
