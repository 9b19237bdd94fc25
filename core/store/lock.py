"""One process per profile: an operating-system lock that ends with the process, however it ends."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import IO, Self

from core.base.errors import UserError
from core.base.paths import Profile


class ProfileLock:
    """Hold with `with`. UserError when another process has the profile open."""

    def __init__(self, profile: Profile) -> None:
        self._path = profile.lock
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("a+", encoding="ascii")
        except OSError as fault:
            words = f"The folder {self._path.parent} cannot be used as a profile: {fault.strerror}."
            raise UserError("profile.unusable", words, remedy="Use another --profile.") from fault
        try:
            _lock(file)
        except OSError as fault:
            file.close()
            words = f"The profile {self._path.parent} is open in another Gatewright."
            raise UserError(
                "profile.in_use", words, remedy="Close it there, or use another --profile."
            ) from fault
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
