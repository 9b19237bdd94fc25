"""firmware/*: prepare, upload, upgrade (device API 3.2). Reply texts are not documented (section 11.1): they vary.

The image itself was read by the front end while it streamed in; here it is judged and, by `unit`, flashed.
"""

from __future__ import annotations

from typing import Any

from device_link.simulator.call import Answer, Call, Effect, Handler
from device_link.simulator.envelope import ERROR_PARAM, Envelope, failed, ok
from device_link.simulator.image import ImageInfo, ImageReader
from device_link.simulator.state import FirmwareSlot
from device_link.simulator.unit import Phase, Unit
from device_link.simulator.wire import text

NOT_FIRMWARE = "Invalid firmware file"
WRONG_MODEL = "Firmware model mismatch"
BUSY = "Upgrading"
_WORDS = {
    "ok": "OK",
    "success": "Upload success",
    "empty": "",
    "echo": "OK\n",
}
_PROBLEMS = {"not-firmware": NOT_FIRMWARE, "truncated": NOT_FIRMWARE, "corrupt": NOT_FIRMWARE}


def _success(unit: Unit, action: str) -> Envelope:
    return ok(action, message=_WORDS[unit.faults.text("reply-texts", "ok")])


def _status(unit: Unit, _call: Call) -> Envelope:
    data: dict[str, Any] = {
        "Model": unit.profile.model,
        "MAC": unit.shown_mac(),
        "FirmwareVersion": unit.state.firmware,
        "HardwareVersion": unit.profile.hardware,
    }
    if unit.profile.key == "P2":
        data |= {"Br262_exist": "0", "IlitekTouchScreenID": "0", "KeyboardSensorType": "1"}
    return ok("status", data)


def busy(unit: Unit) -> bool:
    """Say whether an upgrade is going on, so that nothing may be written."""
    return unit.phase is Phase.FLASHING or unit.faults.has("upgrading")


def _prepare(unit: Unit, _call: Call) -> Envelope:
    unit.prepared = True
    unit.upgrade_failed = False
    unit.state.slot = None
    unit.dirty = True
    return _success(unit, "prepare")


def _upload(unit: Unit, call: Call) -> Envelope:
    part = call.part("file")
    if not unit.prepared or part is None or not isinstance(part.sink, ImageReader):
        return failed("upload", ERROR_PARAM)
    image = _known(unit, part.sink.finish())
    slot = FirmwareSlot(
        text(part.file_name, 255), image.size, image.md5, image.model_id, image.version, image.problem
    )
    if unit.faults.text("image-check", "upload") == "upload" and (words := refusal(unit, slot)):
        return failed("upload", words)
    unit.state.slot = slot
    unit.dirty = True
    return _success(unit, "upload")


def _known(unit: Unit, image: ImageInfo) -> ImageInfo:
    """A vendor's image tells nothing of itself; one that this device was told of is what it was told."""
    version = unit.known_images.get(image.md5, "") if image.problem == "not-firmware" else ""
    if not version:
        return image
    return ImageInfo(version.partition(".")[0], version, image.size, image.md5)


def refusal(unit: Unit, slot: FirmwareSlot) -> str:
    """Return the words with which the device refuses an image; empty if it takes it."""
    most = unit.faults.number("max-image")
    if most and slot.size > most * 1024:
        return "File size too big"
    if slot.problem:
        return _PROBLEMS[slot.problem]
    if slot.model_id != unit.profile.model_id and not unit.faults.has("wrong-model"):
        return WRONG_MODEL
    return ""


def _upgrade(unit: Unit, call: Call) -> Answer:
    slot = unit.state.slot
    if not unit.prepared or slot is None:
        return Answer(failed("upgrade", ERROR_PARAM))
    sent = call.named("md5").strip().lower()
    stored = slot.md5[::-1] if unit.faults.has("wrong-md5") else slot.md5
    if sent and sent != stored:
        unit.prepared = False
        return Answer(failed("upgrade", "Wrong MD5", data={"md5": sent[:64], "md5_calc": stored}))
    if unit.faults.text("image-check") != "silent" and (words := refusal(unit, slot)):
        unit.prepared = False
        return Answer(failed("upgrade", words))
    unit.prepared = False
    if unit.faults.strike("upgrade-ignored"):
        return Answer(ok("upgrade"))
    unit.begin_flash(slot)
    return Answer(ok("upgrade"), Effect.UPGRADE)


HANDLERS: dict[str, Handler] = {
    "firmware/status": _status,
    "firmware/prepare": _prepare,
    "firmware/upload": _upload,
    "firmware/upgrade": _upgrade,
}
