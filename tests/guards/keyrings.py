"""Guard: no test touches the key ring of the person who runs it; a new one in memory stands in for each test.

Child processes get keyring's `fail` backend (tests/conftest.py), which is a machine without a key ring.
"""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class MemoryKeyring(KeyringBackend):
    """A key ring as the system's, which forgets everything with the test."""

    # keyring chooses among backends by this; a negative number would mean "not usable here".
    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has types for most of itself only
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Return what was stored, or None."""
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store or replace."""
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Delete; raises PasswordDeleteError where there is none, as the real ones do."""
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


@pytest.fixture(autouse=True)
def memory_keyring() -> Iterator[MemoryKeyring]:
    """The key ring of the running test."""
    before = keyring.get_keyring()
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)
