"""FW-01, FW-04: what a firmware file tells by name and first bytes, and what is refused before a device sees it."""

from __future__ import annotations

import pytest

from core.base.errors import UserError
from core.rules.catalogue import firmware_fits, missing_for_access_methods, model_of
from core.rules.firmware_image import HEAD, ImageFacts, inspect_image
from device_link.simulator.image import make_image

BYTES = bytes(range(128, 256)) * 40


def test_fw_01_a_vendors_file_tells_its_version_by_its_name() -> None:
    assert inspect_image("29.30.10.437.rom", BYTES[:HEAD], 1_000_000) == ImageFacts("29.30.10.437", 29)


def test_a_simulated_image_is_checked_by_its_header() -> None:
    image = make_image("R29", "29.30.10.507", 100_000)
    assert inspect_image("anything", image[:HEAD], len(image)) == ImageFacts("29.30.10.507", 29)
    with pytest.raises(UserError, match="cut off"):
        inspect_image("anything", image[:HEAD], len(image) - 1)
    with pytest.raises(UserError, match=r"holds version 29\.30\.10\.507"):
        inspect_image("anything", image[:HEAD], len(image), version="29.30.10.1")


@pytest.mark.parametrize(
    ("head", "size", "words"),
    [
        (b"\x89PNG\r\n" + BYTES, 1_000_000, "a PNG picture"),
        (b"%PDF-1.7" + BYTES, 1_000_000, "a PDF document"),
        (b"\n <html>" + BYTES, 1_000_000, "an HTML or XML page"),
        (b"hello world\n" * 300, 1_000_000, "plain text"),
        (BYTES, 1_000, "only 1000 bytes"),
    ],
)
def test_a_file_that_is_no_firmware_is_refused_with_what_it_is(head: bytes, size: int, words: str) -> None:
    with pytest.raises(UserError, match=words) as refused:
        inspect_image("29.30.10.437.rom", head[:HEAD], size)
    assert refused.value.code == "firmware.not_firmware"


def test_a_file_that_does_not_tell_its_version_asks_for_it() -> None:
    with pytest.raises(UserError, match="does not tell its firmware version"):
        inspect_image("update.rom", BYTES[:HEAD], 1_000_000)
    assert inspect_image("update.rom", BYTES[:HEAD], 1_000_000, version="29.30.10.437").family == 29


def test_fw_04_the_family_is_not_the_model() -> None:
    assert firmware_fits("E16 V2", "216.30.11.16")
    assert firmware_fits("E14V2", "216.30.0.35")
    assert not firmware_fits("R29", "216.30.11.16")
    assert firmware_fits("R29", "29.30.10.507", "29.30.10.123")
    assert firmware_fits("Unknown 7", "7.1.1.1")


def test_dev_03_names_the_least_firmware_for_access_methods() -> None:
    assert missing_for_access_methods("R29", "29.30.10.101") == "29.30.10.123"
    assert missing_for_access_methods("R29", "29.30.10.123") == ""
    assert missing_for_access_methods("IT83", "83.30.10.4") == ""


def test_a_variant_is_its_models_longest_beginning_of_the_same_family() -> None:
    known = model_of("R20BX3-W", "320.30.10.153")
    assert known is not None
    assert known.name == "R20BX3"
    assert model_of("R29X", "912.1.1.1") is None
