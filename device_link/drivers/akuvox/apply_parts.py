"""Licence plates and faces of people who are on the unit already (device API 3.8).

Each goes after the person, in a request of its own: a unit that does not take a face must not lose the PIN beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from core.base.errors import AmbiguousError, RefusedError, UnreachableError
from core.base.verdict import Verdict
from core.rules.desired import WantedPerson
from core.rules.plan import PlanItem
from core.rules.plan_parts import face_name, part_of
from device_link.drivers.akuvox.batch import Batch, Entry, LineEndedError, Settle
from device_link.drivers.akuvox.envelope import Record, member
from device_link.drivers.akuvox.firmware import MultipartFile
from device_link.drivers.akuvox.session import Effect, Session
from device_link.drivers.akuvox.users import RET_WORDS, person_record, read_users, written_back
from device_link.face_server import offered

PhotoOf = Callable[[str], Path | None]
"""The file of a photo by its digest; None when it is not on this workstation."""

_KINDS = {b"\xff\xd8\xff": "jpg", b"\x89PNG": "png"}
_BY_URL = ("E16", "E18")
"""Models that fetch a face by its address instead of taking it as a file (device API 3.8, FaceUrl)."""
FETCH_S = 30.0
_LOOKS_S = (0.1, 0.4, 1.0, 2.0, 4.0)
_NOT_FETCHED = (
    "The device took the address of the photo and did not fetch it; see that it reaches this workstation, whose "
    "firewall may keep it out."
)
PHOTO_BYTES = 2 * 1024 * 1024
"""What units take of a picture at most (DEV-14 has the same for screen savers; device API 3.8: 'File size too big')."""


class PartsWork:
    """Use once: `send`, after the people are there."""

    def __init__(
        self,
        session: Session,
        displays: Mapping[str, str],
        settle: Settle,
        check_cancel: Callable[[], None],
        photos: PhotoOf | None,
    ) -> None:
        self._session = session
        self._displays = displays
        self._settle = settle
        self._check_cancel = check_cancel
        self._photos = photos or (lambda _digest: None)
        self._there: dict[str, Record] = {}

    async def send(self, items: Sequence[PlanItem]) -> None:
        """Send the items. Raises LineEndedError when the conversation ended."""
        if not items:
            return
        self._check_cancel()
        self._there = {member(one, "UserID"): one for one in reversed(await read_users(self._session))}
        plates = [
            entry for item in items if part_of(item.subject) == "plates" and (entry := self._plates(item))
        ]
        await self._write(plates)
        for item in items:
            if part_of(item.subject) == "faces":
                self._check_cancel()
                await self._face(item)

    async def _write(self, entries: Sequence[Entry]) -> None:
        batch = Batch(
            self._session,
            "user",
            "set",
            self._settle,
            self._check_cancel,
            self._session.pacing.chunk,
            RET_WORDS,
        )
        await batch.send(entries)
        batch.finish()

    def _plates(self, item: PlanItem) -> Entry | None:
        person = item.wanted
        if not isinstance(person, WantedPerson):
            return None
        return self._entry(item, person, {"LicensePlate": ";".join(person.plates)})

    def _entry(self, item: PlanItem, person: WantedPerson, more: Mapping[str, str]) -> Entry | None:
        """The person's whole record with something more in it; None, settled, for one who is not on the unit."""
        held = self._there.get(person.user_id)
        if held is None or not all(grant.schedule in self._displays for grant in person.grants):
            self._settle(item, Verdict.REFUSED, "The person is not on the device.")
            return None
        record = written_back(held, person_record(person, self._displays)) | dict(more)
        self._there[person.user_id] = held | dict(more)
        return Entry(item, record, person.user_id, frozenset({*person.pins, *person.cards, *person.plates}))

    # -------------------------------------------------------------------------------------------------- faces

    async def _face(self, item: PlanItem) -> None:
        person = item.wanted
        if not isinstance(person, WantedPerson):
            return
        if not person.faces:
            await self._guarded(item, self._forget(item, person))
            return
        path = self._photos(person.faces[0])
        problem = _photo_problem(person, path)
        if problem:
            self._settle(item, Verdict.WAITING if path is None else Verdict.REFUSED, problem)
        elif path is not None:
            by_url = self._session.identity.model.upper().startswith(_BY_URL)
            send = self._by_url if by_url else self._upload
            await self._guarded(item, send(item, person, path))

    async def _guarded(self, item: PlanItem, work: Awaitable[None]) -> None:
        try:
            await work
        except RefusedError as refusal:
            self._settle(item, Verdict.REFUSED, refusal.said or refusal.message)
        except UnreachableError as fault:
            verdict = Verdict.AMBIGUOUS if isinstance(fault, AmbiguousError) else Verdict.UNREACHABLE
            self._settle(item, verdict, fault.message)
            raise LineEndedError(fault.message) from fault

    async def _upload(self, item: PlanItem, person: WantedPerson, path: Path) -> None:
        kind = _kind_of(path)
        name = f"{face_name(person.faces[0])}.{kind}"
        body = MultipartFile(path, name, {}, lambda _done, _total: None)
        query = {"destFile": "Face", "index": ""}
        await self._session.upload("filetool", "import", body, body.headers, Effect.UPLOAD, query=query)
        entry = self._entry(item, person, {"FaceFileName": name})
        if entry is not None:
            await self._write([entry])

    async def _by_url(self, item: PlanItem, person: WantedPerson, path: Path) -> None:
        """Tell the unit where the photo is, and keep it there until the unit has fetched it."""
        try:
            async with offered(path, _kind_of(path), self._session.base) as offer:
                entry = self._entry(item, person, {"FaceUrl": offer.url})
                if entry is None:
                    return
                await self._session.change("user", "set", {"item": [entry.record]})
                async with asyncio.timeout(FETCH_S):
                    await offer.fetched.wait()
            await self._until_recognised(person)
        except TimeoutError:
            self._settle(item, Verdict.REFUSED, _NOT_FETCHED)
        except OSError as fault:
            self._settle(item, Verdict.WAITING, f"The photo could not be offered: {fault.strerror}.")
        else:
            self._settle(item, Verdict.ACCEPTED, "")

    async def _until_recognised(self, person: WantedPerson) -> None:
        """Give the unit some seconds to make a face of the photo; whether it did is for the read-back to say."""
        for wait in _LOOKS_S:
            await self._session.clock.sleep(wait)
            records = await read_users(self._session)
            held = next((one for one in records if member(one, "UserID") == person.user_id), {})
            if member(held, "FaceRegister", "FaceStatus") == "1":
                return

    async def _forget(self, item: PlanItem, person: WantedPerson) -> None:
        held = self._there.get(person.user_id)
        if held is None:
            self._settle(item, Verdict.ACCEPTED, "It was gone already.")
            return
        # `UserID` holds the record's ID in this one call (device API 3.8).
        await self._session.change("face", "del", {"UserID": member(held, "ID")})
        self._settle(item, Verdict.ACCEPTED, "")


def _kind_of(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    return next((kind for mark, kind in _KINDS.items() if head.startswith(mark)), "")


def _photo_problem(person: WantedPerson, path: Path | None) -> str:
    if len(person.faces) > 1:
        return f"A person has one face on a device; this one has {len(person.faces)}."
    if path is None:
        return "The photo is not on this workstation yet. Sync while there is a network."
    if not _kind_of(path):
        return "The photo is neither a JPEG nor a PNG."
    if path.stat().st_size > PHOTO_BYTES:
        return f"The photo is larger than {PHOTO_BYTES // 1024} KB."
    return ""
