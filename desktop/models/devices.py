"""The devices of a site with their places and verdicts, as rows of a list and as facts of a panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.base.verdict import Verdict
from core.entities.device import DEVICE, MAC_ENTRY, Device, DeviceState
from core.entities.proof import ItemKind
from core.entities.record import JobRecord, JobState
from core.rules.catalogue import model_of
from core.rules.compile import shown_mac
from core.rules.status import DeviceStatus
from core.store.query import Among, ListQuery, rows
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.desired import site_status
from desktop.models.badges import badged, read_badges
from desktop.models.columns import MONO, PLAIN, QUIET, ListColumn, col
from desktop.models.jobs import stage_word
from desktop.models.listing import FilterField
from desktop.models.places import Places, load_places
from desktop.models.words import age_word, translate, verdict_word
from desktop.qt.roles import Look, Progress, RowLook

TOUCHES = frozenset(
    {
        "devices", "relays", "device_settings", "residents", "credentials", "access_groups", "group_members",
        "group_doors", "firmware_releases", "proofs", "buildings", "apartments", "sites",
    }
)  # fmt: skip
"""Everything that decides what a device should hold, and the receipts."""


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device of a list."""

    device: Device
    status: DeviceStatus
    place: str
    building: str
    badge: str = ""

    @property
    def verdict(self) -> Verdict:
        """The device's verdict: its worst item's."""
        return self.status.verdict()

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many items have each verdict."""
        return self.status.counts()

    @property
    def wanted(self) -> int:
        """How many items are wanted."""
        return len(self.status.items)

    @property
    def proved(self) -> int:
        """How many of them are proved."""
        return sum(1 for i in self.status.items if i.verdict is Verdict.PROVED)


def silhouette(model: str, firmware: str = "") -> str:
    """Name of the silhouette of a model; a door phone for one the catalogue does not know."""
    known = model_of(model, firmware) if model else None
    return known.silhouette if known else "door"


def verdict_text(line: DeviceLine) -> str:
    """`proved 25 of 25`, `refused: HoldDelayB: out of range`, `not commissioned yet`."""
    if line.verdict is Verdict.PROVED:
        return f"{verdict_word(Verdict.PROVED)} {line.proved}"
    worst = sum(1 for i in line.status.items if i.verdict is line.verdict)
    words = f"{verdict_word(line.verdict)} {worst}"
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


async def load_devices(ctx: Context, site_id: str) -> list[DeviceLine]:
    """The devices of a site, by name; none without a site."""
    if not site_id:
        return []
    places: Places = await load_places(ctx, site_id)
    badges = await ctx.mirror.read(read_badges)
    return [
        DeviceLine(
            d,
            status,
            places.place(d.building_id, d.apartment_id),
            places.building_name(d.building_id),
            badges.get(d.id, ""),
        )
        for d, status in await site_status(ctx, site_id)
    ]


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
            return Look(verdict=line.verdict.value, reason=line.status.reason())
        return Look(verdict="running" if job.state is JobState.RUNNING else "waiting", reason=job.title)

    return [
        col("kind", "", _no_text, 34, _silhouette_look, sortable=False),
        col("name", translate("Device"), lambda x: x.device.name, 160, badged(_badge)),
        col("place", translate("Place"), lambda x: x.place, 130),
        col("verdict", translate("Verdict"), verdict, 200, look, order=_rank, stretch=True),
        col("proof", translate("Proof"), _proof_words, 130, _proof_look, order=_part, drop=2),
        col("model", translate("Model"), lambda x: x.device.model, 78, drop=3),
        col("firmware", translate("Firmware"), _firmware, 122, _firmware_look, drop=4),
        col("mac", translate("MAC"), lambda x: shown_mac(x.device.mac), 142, MONO, drop=5),
        col("address", translate("Address"), _address, 128, MONO, drop=6),
        col(
            "seen",
            translate("Seen"),
            lambda x: age_word(x.device.seen_at, now()),
            66,
            QUIET,
            order=_seen,
            drop=1,
        ),
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


_SEVERITY = {
    v: n
    for n, v in enumerate(("refused", "differs", "ambiguous", "unreachable", "waiting", "accepted", "proved"))
}


def _rank(line: DeviceLine) -> tuple[int, int]:
    return (_SEVERITY.get(line.verdict.value, 9), line.proved - line.wanted)


def _part(line: DeviceLine) -> float:
    return line.proved / line.wanted if line.wanted else 1.0


def _seen(line: DeviceLine) -> float:
    return -line.device.seen_at.timestamp() if line.device.seen_at else 0.0


def job_words(job: JobRecord) -> str:
    """`sending 4 of 20`, `waits for its turn`."""
    if job.state is not JobState.RUNNING:
        return translate("waits for its turn")
    count = translate("{0} of {1}").format(job.done, job.total) if job.total > 1 else ""
    return " ".join(p for p in (stage_word(job) or translate("begins"), count) if p)


def _proof_words(line: DeviceLine) -> str:
    return f"{line.proved}/{line.wanted}"


def _proof_look(line: DeviceLine) -> Look:
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
    return RowLook(stripe=line.verdict.value, faded=faded)


def device_filters(rows: Callable[[], Sequence[DeviceLine]]) -> list[FilterField]:
    """What the device list can be narrowed by."""

    def distinct(pick: Callable[[DeviceLine], str]) -> list[tuple[object, str]]:
        return [(w, w) for w in sorted({pick(line) for line in rows()} - {""})]

    return [
        FilterField("verdict", translate("Verdict"), _verdicts, lambda x: x.verdict.value),
        FilterField(
            "building", translate("Building"), lambda: distinct(lambda x: x.building), lambda x: x.building
        ),
        FilterField(
            "model", translate("Model"), lambda: distinct(lambda x: x.device.model), lambda x: x.device.model
        ),
    ]


def _verdicts() -> list[tuple[object, str]]:
    return [(v.value, verdict_word(v)) for v in Verdict if v is not Verdict.FOREIGN]


def kind_counts(line: DeviceLine, kind: ItemKind) -> dict[str, int]:
    """How many items of a kind have each verdict, foreign ones included."""
    every = [*line.status.items, *line.status.foreign]
    found: dict[str, int] = {}
    for item in every:
        if item.kind is kind:
            found[item.verdict.value] = found.get(item.verdict.value, 0) + 1
    return found
