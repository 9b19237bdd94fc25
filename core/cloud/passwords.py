"""Passwords as argon2id hashes. A wrong name costs as much time as a wrong password."""

from __future__ import annotations

import os
import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from core.base.errors import UserError
from core.cloud.settings import PasswordCost

SHORTEST, LONGEST = 8, 256


class Passwords:
    """Hashes and checks."""

    def __init__(self, cost: PasswordCost) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.time_cost, memory_cost=cost.memory_kib, parallelism=cost.parallelism, type=Type.ID
        )
        self._nobody = self._hasher.hash("a password that nobody has")
        # One hash takes 64 MiB: forty requests at once would take 2.5 GB for no gain, since each wants whole cores.
        self._turns = threading.BoundedSemaphore(max(2, os.cpu_count() or 2))

    def hash(self, password: str) -> str:
        """The hash to keep. UserError for a password that is too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise UserError(
                "password.length", f"A password has {SHORTEST} to {LONGEST} characters.", field="password"
            )
        with self._turns:
            return self._hasher.hash(password)

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one; `stored` None for an account that does not exist."""
        try:
            with self._turns:
                self._hasher.verify(stored or self._nobody, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def is_stale(self, stored: str) -> bool:
        """Whether the hash was made at another cost and should be made again."""
        return self._hasher.check_needs_rehash(stored)
