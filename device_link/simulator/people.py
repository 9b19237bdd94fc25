"""The users of one device: add, change, remove and find, with the model's limits and the faults that lose them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from device_link.simulator.envelope import ERROR_PARAM
from device_link.simulator.faults import FaultSet
from device_link.simulator.profiles import Profile
from device_link.simulator.state import DeviceState, User
from device_link.simulator.user_wire import (
    REPEATED,
    REPEATED_WORDS,
    Record,
    RefusedRecordError,
    apply_record,
    check_record,
    pieces,
)
from device_link.simulator.wire import text

PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n")
MAXIMUM = 10
MAXIMUM_WORDS = "maximum reached"
READ_ONLY = -1


class People:
    """A view on the users in a device's state. All writes go through it; refused ones raise `RefusedRecordError`."""

    def __init__(self, profile: Profile, state: DeviceState, faults: FaultSet) -> None:
        self._profile = profile
        self._state = state
        self._faults = faults
        self._by_user_id = {user.user_id: user.id for user in state.users.values()}
        self.fetches: deque[tuple[str, str]] = deque()
        """Users and the addresses of their faces' pictures that are still to be fetched."""

    def all(self) -> Iterable[User]:
        """Return the users in the order of their ids."""
        return self._state.users.values()

    def get(self, record_id: str) -> User | None:
        """Return a user by the device's own id."""
        return self._state.users.get(record_id)

    def add(self, record: Record) -> str:
        """Store a new user and return the new id; the fault `drop-user` answers alike and stores nothing."""
        check_record(record, self._profile, whole=True)
        self._refuse_short_pin(record)
        user_id = text(record.get("UserID"), 255)
        if not user_id or user_id in self._by_user_id:
            raise RefusedRecordError(REPEATED, REPEATED_WORDS)
        if len(self._state.users) >= self._faults.number("max-users", self._profile.users_max):
            raise RefusedRecordError(MAXIMUM, MAXIMUM_WORDS)
        self._refuse_repeated_pin(record, "")
        self._state.counters.user += 1
        self._state.counters.users_added += user_id not in self._state.lost_users
        user = User(str(self._state.counters.user), user_id, "")
        apply_record(user, record, self._profile)
        self._settle_face(user)
        if not self._lost(user_id):
            self.keep(user)
            self._want_face(user, record)
        return user.id

    def _lost(self, user_id: str) -> bool:
        """Whether the fault `drop-user` strikes: every n-th new UserID, and then that one for ever."""
        every, lost = self._faults.number("drop-user"), self._state.lost_users
        if every <= 0 or user_id in lost:
            return every > 0
        struck = self._state.counters.users_added % every == 0
        if struck:
            lost.append(user_id)
        return struck

    def keep(self, user: User) -> None:
        """Put a user in as it is, without any check: imports and tests use it."""
        self._state.users[user.id] = user
        self._by_user_id[user.user_id] = user.id
        if user.id.isdigit():
            self._state.counters.user = max(self._state.counters.user, int(user.id))

    def change(self, record: Record) -> str:
        """Change a user by `ID`; where the model wants whole records, what is not sent is lost."""
        user = self._state.users.get(text(record.get("ID")))
        if user is None:
            raise RefusedRecordError(self._profile.bad_field_retcode, ERROR_PARAM)
        self._refuse_cloud(user)
        check_record(record, self._profile, whole=self._profile.whole_record)
        self._refuse_short_pin(record)
        user_id = text(record.get("UserID", user.user_id), 255)
        if not user_id or self._by_user_id.get(user_id, user.id) != user.id:
            raise RefusedRecordError(REPEATED, REPEATED_WORDS)
        self._refuse_repeated_pin(record, user.id)
        del self._by_user_id[user.user_id]
        if self._profile.whole_record:
            user = User(user.id, user_id, "", face_file=user.face_file)
        apply_record(user, record, self._profile)
        user.user_id = user_id
        self._settle_face(user)
        self.keep(user)
        self._want_face(user, record)
        return user.id

    def remove(self, record_id: str) -> None:
        """Delete a user; an id that is not there is no error."""
        user = self._state.users.get(record_id)
        if user is None:
            return
        self._refuse_cloud(user)
        del self._state.users[record_id]
        self._by_user_id.pop(user.user_id, None)

    def clear(self) -> None:
        """Delete all users."""
        self._state.users.clear()
        self._by_user_id.clear()

    def forget_face(self, record_id: str) -> bool:
        """Remove a user's face; say whether the user exists."""
        user = self._state.users.get(record_id)
        if user is None:
            return False
        user.face, user.face_file = False, ""
        return True

    def _want_face(self, user: User, record: Record) -> None:
        url = text(record.get("FaceUrl"), 255)
        if url and self._profile.face_by_url:
            self.fetches.append((user.id, url))

    def face_fetched(self, record_id: str, content: bytes | None) -> None:
        """Take a picture that was fetched; one that is none, or a user who has gone meanwhile, changes nothing."""
        user = self._state.users.get(record_id)
        if user is None or content is None or not content.startswith(PICTURES):
            return
        user.face_file = f"face-{record_id}"
        self._state.files[user.face_file] = len(content)
        self._settle_face(user)

    def _settle_face(self, user: User) -> None:
        there = bool(user.face_file) and user.face_file in self._state.files
        user.face = there and self._profile.faces and not self._faults.has("face-ignored")

    def _refuse_cloud(self, user: User) -> None:
        if user.source != "Local":
            raise RefusedRecordError(READ_ONLY, ERROR_PARAM)

    def _refuse_short_pin(self, record: Record) -> None:
        least = self._faults.number("pin-length")
        if any(len(pin) < least for pin in pieces(text(record.get("PrivatePIN")))):
            raise RefusedRecordError(self._profile.bad_field_retcode, ERROR_PARAM)

    def _refuse_repeated_pin(self, record: Record, own_id: str) -> None:
        wanted = set(pieces(text(record.get("PrivatePIN"))))
        if not wanted or not self._faults.has("unique-pins"):
            return
        if any(wanted & set(pieces(user.pin)) for user in self.all() if user.id != own_id):
            raise RefusedRecordError(-1, "Private PIN is repeated")
