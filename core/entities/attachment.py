"""What is set up on a device beside its own relays: external relay controllers (DEV-04), screen savers (DEV-14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

from core.entities.device import RelayFunction, is_ip_address
from core.schema.entity import EntitySpec, Problem, Row, Scope, looks_at, spec_of
from core.schema.field import Choice, Digests, Flag, Number, Ref, Text


class ControllerModel(StrEnum):
    """DEV-04: what an indoor monitor drives."""

    MK485 = "MK485-G2R-8J8C_V3.0"
    HF8000 = "HF-8000"
    RSAC = "RSAC-C1-R8"


class Wiring(StrEnum):
    """How a controller hangs on its monitor (DEV-04)."""

    RS485 = "rs485"
    NON_LATCHING = "rs485_input_non_latching"
    LATCHING = "rs485_input_latching"
    ETHERNET = "ethernet"


CONTROLLER_RELAYS: Mapping[ControllerModel, int] = MappingProxyType(
    {ControllerModel.MK485: 8, ControllerModel.HF8000: 4, ControllerModel.RSAC: 16}
)
"""So many relays at most (DEV-04; the 16 stand in the property manager's guide only)."""

WIRINGS: Mapping[ControllerModel, frozenset[Wiring]] = MappingProxyType(
    {
        ControllerModel.MK485: frozenset({Wiring.RS485, Wiring.NON_LATCHING, Wiring.LATCHING}),
        ControllerModel.HF8000: frozenset({Wiring.RS485, Wiring.ETHERNET}),
        ControllerModel.RSAC: frozenset({Wiring.RS485}),
    }
)


def shown_controller(model: ControllerModel) -> str:
    """The maker's name of a controller, as people read it."""
    return str(model).replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayController(Row):
    """The external relay controller of an indoor monitor (DEV-04). Ethernet needs an address and a port."""

    device_id: Annotated[str, Ref(label="Device", to="devices", indexed=True)]
    model: Annotated[ControllerModel, Choice(label="Controller", of=ControllerModel)]
    wiring: Annotated[Wiring, Choice(label="Connection", of=Wiring)] = Wiring.RS485
    address: Annotated[str, Text(label="IP address", max_len=45)] = ""
    port: Annotated[int | None, Number(label="Port", low=1, high=65_535)] = None


@looks_at("model", "wiring", "address", "port")
def _wiring_fits(controller: RelayController) -> Iterator[Problem]:
    fits = WIRINGS.get(controller.model, frozenset(Wiring))
    if controller.wiring not in fits:
        words = ", ".join(sorted(w.value.replace("_", " ") for w in fits))
        message = f"A {shown_controller(controller.model)} is connected by: {words}."
        yield Problem("wiring", "relay_controllers.wiring.model", message)
    if controller.wiring is Wiring.ETHERNET and not (is_ip_address(controller.address) and controller.port):
        message = "A controller on Ethernet needs its IP address and port."
        yield Problem("address", "relay_controllers.address.missing", message)


RELAY_CONTROLLER: EntitySpec[RelayController] = spec_of(
    RelayController,
    name="relay_controllers",
    number=38,
    label="Relay controller",
    scope=Scope.SITE,
    title=("model",),
    natural_key=("device_id",),
    rules=(_wiring_fits,),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerRelay(Row):
    """One relay of an external controller (DEV-04); its name goes to the app."""

    controller_id: Annotated[str, Ref(label="Controller", to="relay_controllers", indexed=True)]
    number: Annotated[int, Number(label="Relay", low=1, high=16)]
    name: Annotated[str, Text(label="Name", max_len=63, searchable=True)]
    enabled: Annotated[bool, Flag(label="On")] = True
    function: Annotated[RelayFunction, Choice(label="Function", of=RelayFunction)] = RelayFunction.LIGHT


CONTROLLER_RELAY: EntitySpec[ControllerRelay] = spec_of(
    ControllerRelay,
    name="controller_relays",
    number=39,
    label="Controller relay",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("controller_id", "number"),
)


class SaverMode(StrEnum):
    """DEV-14. BLACK: the source's screen calls it 'blank'."""

    IMAGE = "image"
    NONE = "none"
    BLACK = "black"


PICTURES_LEAST, PICTURES_MOST = 2, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenSaver(Row):
    """What a door phone shows while nobody uses it (DEV-14). `pictures`: SHA-256 of files of at most 2 MB, in order."""

    device_id: Annotated[str, Ref(label="Device", to="devices", indexed=True)]
    mode: Annotated[SaverMode, Choice(label="Mode", of=SaverMode)] = SaverMode.IMAGE
    pictures: Annotated[tuple[str, ...], Digests(label="Pictures", max_items=5)] = ()


@looks_at("mode", "pictures")
def _pictures_fit(saver: ScreenSaver) -> Iterator[Problem]:
    if saver.mode is SaverMode.IMAGE and not PICTURES_LEAST <= len(saver.pictures) <= PICTURES_MOST:
        words = f"A screen saver has {PICTURES_LEAST} to {PICTURES_MOST} pictures."
        yield Problem("pictures", "screen_savers.pictures.count", words)


SCREEN_SAVER: EntitySpec[ScreenSaver] = spec_of(
    ScreenSaver,
    name="screen_savers",
    number=43,
    label="Screen saver",
    scope=Scope.SITE,
    title=("mode",),
    natural_key=("device_id",),
    rules=(_pictures_fit,),
)
