"""The devices of a site with their places and verdicts, as rows of a list and as facts of a panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.base.verdict import Verdict
from core.entities.device import DEVICE, MAC_ENTRY, Device, DeviceState
from core.entities.record import JobRecord, JobState
from core.rules.catalogue import model_of
from core.rules.compile import shown_mac
from core.store.query import Among, ListQuery, rows
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.standing import DeviceStanding
from desktop.models.badges import badged
from desktop.models.columns import MONO, PLAIN, QUIET, ListColumn, col
from desktop.models.jobs import stage_word
from desktop.models.words import age_word, translate, verdict_word
from desktop.qt.roles import Look, Progress, RowLook


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device of a list."""

    device: Device
    standing: DeviceStanding | None
    """None while it is being found out."""
    place: str
    badge: str = ""

    @property
    def verdict(self) -> Verdict:
        """The device's verdict: its worst item's; WAITING while it is being found out."""
        return self.standing.verdict if self.standing else Verdict.WAITING

    @property
    def wanted(self) -> int:
        """How many items are wanted."""
        return self.standing.wanted if self.standing else 0

    @property
    def proved(self) -> int:
        """How many of them are proved."""
        return self.standing.proved if self.standing else 0

    @property
    def reason(self) -> str:
        """What was said about the worst of them."""
        return self.standing.reason if self.standing else ""


def silhouette(model: str, firmware: str = "") -> str:
    """Name of the silhouette of a model; a door phone for one the catalogue does not know."""
    known = model_of(model, firmware) if model else None
    return known.silhouette if known else "door"


UNKNOWN = "…"
"""A verdict that is being found out."""


def verdict_text(line: DeviceLine) -> str:
    """`proved 25 of 25`, `refused: HoldDelayB: out of range`, `not commissioned yet`."""
    if line.standing is None:
        return UNKNOWN
    if line.verdict is Verdict.PROVED:
        return f"{verdict_word(Verdict.PROVED)} {line.proved}"
    words = f"{verdict_word(line.verdict)} {line.standing.worst}"
    return f"{words} · {translate('{0} of {1} proved').format(line.proved, line.wanted)}"


OFFERED = 500
"""Free addresses that a choice offers; any other is typed or scanned."""
_FREE = (Among("mac", DEVICE, "mac", absent=True),)


async def free_macs(ctx: Context, model: str = "") -> list[tuple[str, str]]:
    """(MAC, model) of some of the library's free entries, by MAC; with a model, those of that model first."""

    def work(reader: Reader) -> list[tuple[str, str]]:
        same = ListQuery(MAC_ENTRY, {"model": model}, sort="mac", limit=OFFERED, among=_FREE)
        every = ListQuery(MAC_ENTRY, sort="mac", limit=OFFERED, among=_FREE)
        found = [*(rows(reader, same) if model else ()), *rows(reader, every)]
        return list(dict.fromkeys((e.mac, e.model) for e in found))

    return await ctx.mirror.read(work, limit_ms=10_000)


Busy = Callable[[str], JobRecord | None]
"""The running or waiting job of a MAC."""


def device_columns(now: Callable[[], datetime], busy: Busy = lambda _mac: None) -> list[ListColumn]:
    """The columns of the device list. While a job works on a device, its verdict cell says how far that is."""

    def verdict(line: DeviceLine) -> str:
        job = busy(line.device.mac)
        return job_words(job) if job else verdict_text(line)

    def look(line: DeviceLine) -> Look:
        job = busy(line.device.mac)
        if job is None:
            return Look(verdict=line.verdict.value, reason=line.reason) if line.standing else QUIET
        return Look(verdict="running" if job.state is JobState.RUNNING else "waiting", reason=job.title)

    return [
        col("kind", "", _no_text, 34, _silhouette_look, sortable=False),
        col("name", translate("Device"), lambda x: x.device.name, 160, badged(_badge)),
        col("place", translate("Place"), lambda x: x.place, 130),
        col("verdict", translate("Verdict"), verdict, 200, look, stretch=True),
        col("proof", translate("Proof"), _proof_words, 130, _proof_look, drop=2),
        col("model", translate("Model"), lambda x: x.device.model, 78, drop=3),
        col("firmware", translate("Firmware"), _firmware, 122, _firmware_look, drop=4),
        col("mac", translate("MAC"), lambda x: shown_mac(x.device.mac), 142, MONO, drop=5),
        col("address", translate("Address"), _address, 128, MONO, drop=6),
        col("seen", translate("Seen"), lambda x: age_word(x.device.seen_at, now()), 66, QUIET, drop=1),
    ]


def _badge(line: DeviceLine) -> str:
    return line.badge


def _no_text(_line: DeviceLine) -> str:
    return ""


def _silhouette_look(line: DeviceLine) -> Look:
    return Look(device=silhouette(line.device.model, line.device.firmware))


def _address(line: DeviceLine) -> str:
    return bare_address(line.device.address)


def bare_address(url: str) -> str:
    """An address as people write it: without the scheme."""
    return url.partition("://")[2] or url


def job_words(job: JobRecord) -> str:
    """`sending 4 of 20`, `waits for its turn`."""
    if job.state is not JobState.RUNNING:
        return translate("waits for its turn")
    count = translate("{0} of {1}").format(job.done, job.total) if job.total > 1 else ""
    return " ".join(p for p in (stage_word(job) or translate("begins"), count) if p)


def _proof_words(line: DeviceLine) -> str:
    return f"{line.proved}/{line.wanted}" if line.standing else UNKNOWN


def _proof_look(line: DeviceLine) -> Look:
    if line.standing is None:
        return QUIET
    tone = "proved.solid" if line.verdict is Verdict.PROVED else f"{line.verdict.value}.solid"
    return Look(progress=Progress(line.proved, max(1, line.wanted), _proof_words(line), tone), tone="t3")


def _firmware(line: DeviceLine) -> str:
    return line.device.firmware or "—"


def _firmware_look(line: DeviceLine) -> Look:
    wanted = line.device.wanted_firmware
    if wanted and wanted != line.device.firmware:
        return Look(mono=True, tone="ambiguous", reason=translate("{0} is wanted.").format(wanted))
    return MONO if line.device.firmware else PLAIN


def device_row_look(line: DeviceLine) -> RowLook:
    """Stripe by the verdict; a device that was never commissioned is faded."""
    faded = line.device.state is DeviceState.PLANNED and line.device.seen_at is None
    return RowLook(stripe=line.verdict.value if line.standing else "", faded=faded)
