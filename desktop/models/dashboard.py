"""The installer's dashboard: what needs a person now, the proof of every site, and the last days in figures.

Everything is counted in SQL over all sites of the mirror, off the window's thread; what is not counted is not claimed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from core.base.clock import from_ms, to_ms
from core.entities.device import DEVICE, MAC_ENTRY, DeviceState
from core.entities.event import DOOR_EVENT
from core.entities.firmware import ROLLOUT, Rollout, RolloutState
from core.entities.proof import PROOF
from core.entities.record import JOB, JobRecord, JobState
from core.entities.site import SITE, Plan, Site, SiteKind
from core.store import syncmeta
from core.store.direct import ask
from core.store.query import Among, ListQuery, count, rows_by_number
from core.store.reader import Reader
from core.store.tables import table_of
from core.usecases.context import Context
from desktop.models.dashboard_devices import DeviceProof, Proofs, worst_devices
from desktop.models.jobs import verdict_mark
from desktop.models.lan import LanState, group_of, load_lan
from desktop.models.words import day_word, number_word, translate, verdict_word, zone_of
from desktop.qt.language import spoken

TOUCHES = frozenset(
    {"sites", "devices", "proofs", "jobs", "rollouts", "door_events", "mac_entries", "sightings"}
)
DAYS = 14
EXPIRES_WITHIN = timedelta(days=30)
LONG_UNSEEN = timedelta(days=7)
NEEDING = ("refused", "ambiguous", "differs", "unreachable", "foreign")
"""Verdicts of items that ask for a person, the worst first."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for a person: a mark, the fact, why or where, and the page that settles it."""

    key: str
    mark: str
    title: str
    note: str = ""
    page: str = ""
    target: object = None
    site_id: str = ""
    act: str = ""


@dataclass(frozen=True, slots=True)
class SiteProof(Proofs):
    """The receipts of one site by verdict, and its devices."""

    site: Site
    counts: dict[str, float]
    devices: int
    commissioned: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day of a chart: parts by tone."""

    day: date
    parts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything that the page shows."""

    needs: tuple[Need, ...] = ()
    sites: tuple[SiteProof, ...] = ()
    worst: tuple[DeviceProof, ...] = ()
    jobs: tuple[DayCount, ...] = ()
    doors: tuple[DayCount, ...] = ()
    free_macs: int = 0
    library: int = 0

    @property
    def devices(self) -> int:
        """Devices of all sites."""
        return sum(s.devices for s in self.sites)

    @property
    def commissioned(self) -> int:
        """Those of them that are set up."""
        return sum(s.commissioned for s in self.sites)

    @property
    def proved(self) -> int:
        """Items read back equal."""
        return sum(s.proved for s in self.sites)

    @property
    def items(self) -> int:
        """Items with a receipt."""
        return sum(s.items for s in self.sites)


async def load_dashboard(ctx: Context, site_id: str, zone: str = "") -> Dashboard:
    """Count everything; `site_id` is the chosen site, whose LAN this computer is on; days are those of `zone`."""
    ctx.require_signed_in()
    now = ctx.clock.now()
    lan = await load_lan(ctx, site_id)
    fresh = [x for x in lan if group_of(x) == "new"]
    ready = sum(1 for x in fresh if x.state is LanState.READY)
    return await ctx.mirror.read(
        lambda reader: _Count(reader, now, zone).dashboard(site_id, len(fresh), ready), limit_ms=20_000
    )


_FLEETS = f"""
SELECT site_id, count(*), sum(state = ?1), sum(state = ?2),
       sum(state = ?1 AND (seen_at IS NULL OR seen_at < ?3))
FROM {DEVICE.name} GROUP BY site_id ORDER BY min(row_no)
"""  # noqa: S608  a table of ours
QUARTER_MS = 900_000
"""Events are counted by quarters of an hour: every zone's day begins with one."""
_QUARTERS = f"SELECT at / ?1, worked, count(*) FROM {DOOR_EVENT.name} WHERE at >= ?2 GROUP BY 1, 2"  # noqa: S608


@dataclass(frozen=True, slots=True)
class _Fleet:
    """How many devices a site has, and how many of them are how."""

    devices: int = 0
    commissioned: int = 0
    planned: int = 0
    unseen: int = 0


_NO_FLEET = _Fleet()


class _Count:
    """One counting inside one read."""

    def __init__(self, reader: Reader, now: datetime, zone: str) -> None:
        self._reader, self._now, self._zone = reader, now, zone
        self._sites = {s.id: s for s in reader.find(SITE)}
        values = (DeviceState.COMMISSIONED.value, DeviceState.PLANNED.value, to_ms(now - LONG_UNSEEN))
        found = ask(reader.connection, _FLEETS, *values)
        self._fleets = {site: _Fleet(*counts) for site, *counts in found}

    def dashboard(self, site_id: str, fresh: int, ready: int) -> Dashboard:
        """Everything."""
        counts = self._verdicts()
        sites = tuple(
            sorted(
                (self._site(site, counts.get(site.id, {})) for site in self._sites.values()),
                key=lambda s: (s.proved - s.items, s.site.name.casefold()),
            )
        )
        library, free = self._macs()
        needs = [
            *self._tray(),
            *self._rollouts(),
            *self._items(counts),
            *self._failed_jobs(),
            *self._found(site_id, fresh, ready),
            *self._unfinished(),
            *self._unseen(),
            *self._plans(),
        ]
        worst = worst_devices(self._reader, site_id) if self._fleets.get(site_id) else ()
        return Dashboard(tuple(needs), sites, worst, self._job_days(), self._door_days(), free, library)

    def _macs(self) -> tuple[int, int]:
        """How many addresses there are, and how many of them no device has; a library may hold a million."""
        library = count(self._reader, ListQuery(MAC_ENTRY))
        used = count(self._reader, ListQuery(MAC_ENTRY, among=(Among("mac", DEVICE, "mac"),)))
        return library, library - used

    def _site(self, site: Site, counts: dict[str, float]) -> SiteProof:
        fleet = self._fleets.get(site.id, _NO_FLEET)
        return SiteProof(site, counts, fleet.devices, fleet.commissioned)

    def _verdicts(self) -> dict[str, dict[str, float]]:
        table = table_of(PROOF)
        query = select(table.c.scope_id, table.c.verdict, func.count()).group_by(
            table.c.scope_id, table.c.verdict
        )
        found: dict[str, dict[str, float]] = {}
        for scope, verdict, many in self._reader.connection.execute(query):
            found.setdefault(scope, {})[verdict] = many
        return found

    # -- what needs a person

    def _tray(self) -> list[Need]:
        waiting = syncmeta.counts(self._reader).tray
        if not waiting:
            return []
        title = _many(waiting, translate("1 edit was not taken"), translate("{0} edits were not taken"))
        note = translate(
            "Refused by the core, or somebody else changed the same. Nothing is lost until you choose."
        )
        return [Need("tray", "refused", title, note, "sync", act=translate("Settle"))]

    def _rollouts(self) -> list[Need]:
        found: list[Rollout] = self._reader.find(ROLLOUT, state=RolloutState.PAUSED)
        return [
            Need(
                f"rollout:{r.id}",
                "ambiguous",
                translate("{0} is paused").format(r.name),
                " · ".join(p for p in (self._name(r.site_id), spoken(r.said)) if p),
                "firmware",
                f"rollout:{r.id}",
                r.site_id,
                translate("Look"),
            )
            for r in found
        ]

    def _items(self, counts: dict[str, dict[str, float]]) -> list[Need]:
        """The worst verdict of each site with something that is not as meant."""
        needs = []
        for site_id, verdicts in counts.items():
            worst = next((v for v in NEEDING if verdicts.get(v)), "")
            if not worst or site_id not in self._sites:
                continue
            parts = [f"{number_word(int(verdicts[v]))} {verdict_word(v)}" for v in NEEDING if verdicts.get(v)]
            total = sum(int(verdicts[v]) for v in NEEDING if verdicts.get(v))
            title = _many(total, translate("1 item is not as meant"), translate("{0} items are not as meant"))
            note = f"{self._name(site_id)} · {', '.join(parts)}"
            needs.append(
                Need(f"items:{site_id}", worst, title, note, "devices", None, site_id, translate("Devices"))
            )
        return sorted(needs, key=lambda n: NEEDING.index(n.mark))

    def _failed_jobs(self) -> list[Need]:
        since = self._now - timedelta(days=1)
        found: list[JobRecord] = self._reader.find(JOB, state=JobState.FAILED)
        late = [j for j in found if j.ended_at is not None and j.ended_at >= since]
        if not late:
            return []
        title = _many(len(late), translate("1 job failed today"), translate("{0} jobs failed today"))
        latest = max(late, key=lambda j: j.ended_at or self._now)
        return [
            Need(
                "jobs",
                "refused",
                title,
                f"{spoken(latest.title)}: {spoken(latest.said)}",
                "jobs",
                act=translate("Jobs"),
            )
        ]

    def _found(self, site_id: str, fresh: int, ready: int) -> list[Need]:
        if not fresh or not site_id:
            return []
        title = _many(
            fresh, translate("1 device is new on this LAN"), translate("{0} devices are new on this LAN")
        )
        note = translate("{0} ready to adopt at {1}").format(number_word(ready), self._name(site_id))
        return [Need("lan", "todo", title, note, "lan", act=translate("Adopt"))]

    def _unfinished(self) -> list[Need]:
        planned = Counter({site: fleet.planned for site, fleet in self._fleets.items() if fleet.planned})
        return [
            Need(
                f"planned:{site_id}",
                "waiting",
                _many(
                    count,
                    translate("1 device waits to be commissioned"),
                    translate("{0} devices wait to be commissioned"),
                ),
                self._name(site_id),
                "devices",
                None,
                site_id,
                translate("Devices"),
            )
            for site_id, count in planned.most_common()
            if site_id in self._sites
        ]

    def _unseen(self) -> list[Need]:
        gone = Counter({site: fleet.unseen for site, fleet in self._fleets.items() if fleet.unseen})
        return [
            Need(
                f"unseen:{site_id}",
                "unreachable",
                _many(
                    count,
                    translate("1 device was not seen for 7 days"),
                    translate("{0} devices were not seen for 7 days"),
                ),
                self._name(site_id),
                "devices",
                None,
                site_id,
                translate("Devices"),
            )
            for site_id, count in gone.most_common()
            if site_id in self._sites
        ]

    def _plans(self) -> list[Need]:
        needs = []
        for site in self._sites.values():
            until = site.plan_until
            if site.plan is not Plan.PREMIUM or until is None or until > self._now + EXPIRES_WITHIN:
                continue
            over = until <= self._now
            words = (
                translate("The plan of {0} has expired")
                if over
                else translate("The plan of {0} expires soon")
            )
            note = day_word(until, site.time_zone)
            mark = "refused" if over else "ambiguous"
            needs.append(
                Need(
                    f"plan:{site.id}",
                    mark,
                    words.format(site.name),
                    note,
                    "sites",
                    site.id,
                    site.id,
                    translate("Site"),
                )
            )
        return needs

    def _name(self, site_id: str) -> str:
        site = self._sites.get(site_id)
        return site.name if site else ""

    # -- days

    def _days(self) -> list[date]:
        today = self._now.astimezone(zone_of(self._zone)).date()
        return [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]

    def _day_of(self, moment: datetime) -> date:
        return moment.astimezone(zone_of(self._zone)).date()

    def _since(self) -> int:
        return to_ms(self._now - timedelta(days=DAYS + 1))

    def _job_days(self) -> tuple[DayCount, ...]:
        table = table_of(JOB)
        late = select(table.c.row_no).where(table.c.ended_at >= self._since())
        numbers = self._reader.connection.scalars(late).all()
        jobs = rows_by_number(self._reader, JOB, numbers)
        ended = [(j.ended_at, verdict_mark(j)) for j in jobs if j.ended_at is not None]
        return self._counted((self._day_of(at), mark, 1) for at, mark in ended if mark != "todo")

    def _door_days(self) -> tuple[DayCount, ...]:
        found = ask(self._reader.connection, _QUARTERS, QUARTER_MS, self._since())
        return self._counted(
            (self._day_of(from_ms(at * QUARTER_MS)), "proved" if worked else "refused", many)
            for at, worked, many in found
        )

    def _counted(self, marks: Iterable[tuple[date, str, int]]) -> tuple[DayCount, ...]:
        days = {day: dict[str, float]() for day in self._days()}
        for day, mark, many in marks:
            if day in days:
                days[day][mark] = days[day].get(mark, 0) + many
        return tuple(DayCount(day, parts) for day, parts in days.items())


def _many(count: int, one: str, many: str) -> str:
    return one if count == 1 else many.format(number_word(count))


def kind_icon(kind: SiteKind) -> str:
    """The icon of a kind of site."""
    return {SiteKind.HOUSE: "house", SiteKind.OFFICE: "building"}.get(kind, "building-2")
