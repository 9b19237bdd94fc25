r"""The simulator's firmware images: how one is made, read and checked while it streams in.

A vendor's `.rom` is closed, so the simulator has a format of its own. One ASCII line, ended by a line feed, then the
payload:

    GWSIMROM 1 <model id> <version> <payload bytes, 12 digits> <CRC-32 of the payload, hex>\n

The model id is the number before the first dot of the version that the device runs (device API 5.1): 916 for an X916.
No device state and no HTTP lives here.
"""

from __future__ import annotations

import hashlib
import random
import re
import zlib
from collections.abc import Iterator

import msgspec

from device_link.simulator.profiles import model_id_of

MAGIC = "GWSIMROM"
_HEADER_LIMIT = 256
_HEADER = re.compile(rb"GWSIMROM 1 (\d{1,6}) ([0-9A-Za-z.\-]{3,40}) (\d{12}) ([0-9a-f]{8})")
_BLOCK = 1 << 20


class ImageInfo(msgspec.Struct, frozen=True):
    """What an image says and what it turned out to be.

    `problem` is empty for a whole image, else `not-firmware`, `truncated` (bytes missing or too many) or `corrupt`
    (the payload's CRC-32 is another). `md5` is that of the whole file, `size` its length in bytes.
    """

    model_id: str
    version: str
    size: int
    md5: str
    problem: str = ""


def make_image(model: str, version: str, size: int = 4096, seed: int = 1) -> bytes:
    """Make an image of `size` bytes in all (or the smallest there is); the same arguments give the same bytes.

    `model` is a model id ("916"), a model's name ("X916S") or a profile's key ("P1").
    """
    model = model_id_of(model)
    bare = len(f"{MAGIC} 1 {model} {version} {0:012} {0:08x}\n")
    length = max(size - bare, 1)
    source = random.Random(f"{seed}/{model}/{version}/{size}")  # noqa: S311 - reproducible bytes, no secret
    blocks = list(_payload(source, length))
    crc = 0
    for block in blocks:
        crc = zlib.crc32(block, crc)
    header = f"{MAGIC} 1 {model} {version} {length:012} {crc:08x}\n".encode("ascii", "replace")
    if not _HEADER.fullmatch(header[:-1]):
        raise ValueError(f"no image can be made for model {model!r} and version {version!r}")
    return header + b"".join(blocks)


def _payload(source: random.Random, length: int) -> Iterator[bytes]:
    while length > 0:
        block = source.randbytes(min(length, _BLOCK))
        length -= len(block)
        yield block


def read_image(data: bytes) -> ImageInfo:
    """Check a whole image in memory; see `ImageInfo.problem`."""
    reader = ImageReader()
    reader.feed(data)
    return reader.finish()


class ImageReader:
    """Checks an image while it arrives in pieces of any size; keeps the header and two sums, never the payload."""

    def __init__(self) -> None:
        self._whole = hashlib.md5(usedforsecurity=False)
        self._crc = 0
        self._head = b""
        self._match: re.Match[bytes] | None = None
        self._not_firmware = False
        self._payload_size = 0
        self.size = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the file."""
        self.size += len(data)
        self._whole.update(data)
        if self._not_firmware:
            return
        if self._match is None:
            self._head += data
            data = self._split_header()
        self._crc = zlib.crc32(data, self._crc)
        self._payload_size += len(data)

    def _split_header(self) -> bytes:
        line, newline, rest = self._head.partition(b"\n")
        if not newline and len(self._head) < _HEADER_LIMIT:
            return b""
        self._match = _HEADER.fullmatch(line) if newline else None
        self._not_firmware = self._match is None
        self._head = b""
        return rest if self._match else b""

    def finish(self) -> ImageInfo:
        """Say what it was, after the last byte."""
        if self._match is None:
            return ImageInfo("", "", self.size, self._whole.hexdigest(), "not-firmware")
        model, version, length, crc = (group.decode("ascii") for group in self._match.groups())
        problem = ""
        if self._payload_size != int(length):
            problem = "truncated"
        elif f"{self._crc:08x}" != crc:
            problem = "corrupt"
        return ImageInfo(model, version, self.size, self._whole.hexdigest(), problem)
