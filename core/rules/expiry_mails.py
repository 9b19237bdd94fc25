"""Who gets a mail when an office's service ends (SITE-27): one table and one setting. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Receiver(StrEnum):
    """Who is written to."""

    END_USERS = "end_users"
    MANAGER = "manager"
    INSTALLER = "installer"


AFTER_EXPIRY = True
"""The source does not say whether days count before or after the expiry; after it."""

DAYS: Mapping[int, frozenset[Receiver]] = MappingProxyType(
    {
        1: frozenset({Receiver.END_USERS}),
        3: frozenset({Receiver.END_USERS}),
        5: frozenset({Receiver.MANAGER, Receiver.INSTALLER}),
        15: frozenset({Receiver.INSTALLER}),
    }
)


def receivers(days_from_expiry: int, *, mail_on: bool, after: bool = AFTER_EXPIRY) -> frozenset[Receiver]:
    """Who is written to on a day, counted from the expiry (negative: before it).

    `mail_on`: the office's 'expiry mail to PM'; off, every mail goes to the installer alone.
    """
    found = DAYS.get(days_from_expiry if after else -days_from_expiry, frozenset())
    return found if mail_on or not found else frozenset({Receiver.INSTALLER})
