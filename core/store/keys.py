"""The mirror's key: random, kept in the system's key ring; where there is none, derived from a passphrase.

Never written to disk. The profile's folder holds only a random name (key ring) or a salt (passphrase).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

import keyring
from argon2.low_level import Type, hash_secret_raw
from keyring.errors import KeyringError, NoKeyringError

from core.base.errors import DataError, UserError
from core.base.paths import Profile

SERVICE = "gatewright"
SALT_BYTES = 16
PASSPHRASE = "GATEWRIGHT_PASSPHRASE"  # noqa: S105  the name of a variable
"""Environment variable that unlocks the mirror where no key ring exists (DESIGN.md)."""


class KeyringStore:
    """SecretStore over the system's key ring."""

    @property
    def kind(self) -> str:
        """The name of the store in use, for people."""
        return type(keyring.get_keyring()).__module__.rsplit(".", 1)[-1]

    def get(self, name: str) -> str | None:
        """See `SecretStore.get`."""
        try:
            return keyring.get_password(SERVICE, name)
        except KeyringError as fault:
            raise _no_ring(fault) from fault

    def set(self, name: str, secret: str) -> None:
        """See `SecretStore.set`."""
        try:
            keyring.set_password(SERVICE, name, secret)
        except KeyringError as fault:
            raise _no_ring(fault) from fault

    def delete(self, name: str) -> None:
        """See `SecretStore.delete`."""
        try:
            if keyring.get_password(SERVICE, name) is not None:
                keyring.delete_password(SERVICE, name)
        except KeyringError as fault:
            raise _no_ring(fault) from fault


def _no_ring(fault: KeyringError) -> UserError:
    kind = "no key ring" if isinstance(fault, NoKeyringError) else "a key ring that is locked"
    remedy = f"Unlock it, or set a passphrase in the environment variable {PASSPHRASE}."
    return UserError(
        "keys.no_ring", f"This machine has {kind}, so the mirror's key cannot be kept.", remedy=remedy
    )


def mirror_key(profile: Profile, environment: Mapping[str, str]) -> str:
    """The key of a profile's mirror as 64 hexadecimal digits; made and kept at the first call.

    A profile stays with the way it began: a passphrase (its salt is there) or the key ring.
    """
    passphrase = environment.get(PASSPHRASE, "")
    begun = profile.mirror.exists()
    if profile.salt.exists() or (passphrase and not begun):
        return _from_passphrase(profile.salt, passphrase)
    return _from_ring(profile, begun=begun)


def _from_passphrase(salt_file: Path, passphrase: str) -> str:
    if not passphrase:
        remedy = f"Set it in the environment variable {PASSPHRASE}."
        raise UserError("keys.passphrase_missing", "This profile is locked with a passphrase.", remedy=remedy)
    if not salt_file.exists():
        # Whole or not at all: half a salt would lock the profile for ever.
        part = salt_file.with_suffix(".part")
        part.write_bytes(secrets.token_bytes(SALT_BYTES))
        part.replace(salt_file)
    salt = salt_file.read_bytes()
    if len(salt) != SALT_BYTES:
        words = f"The file {salt_file} is damaged; without it the passphrase cannot unlock the mirror."
        raise DataError("keys.salt_damaged", words, remedy="Bring it back from a backup.")
    raw = hash_secret_raw(
        passphrase.encode(), salt, time_cost=3, memory_cost=65536, parallelism=2, hash_len=32, type=Type.ID
    )
    return raw.hex()


def _from_ring(profile: Profile, *, begun: bool) -> str:
    name_file = profile.root / "profile.id"
    if not name_file.exists():
        name_file.write_text(secrets.token_hex(8), "ascii")
    name = f"mirror-{name_file.read_text('ascii').strip()}"
    store = KeyringStore()
    key = store.get(name)
    if key is None:
        if begun:
            words = f"The key ring holds no key for the mirror {profile.mirror}."
            raise UserError(
                "keys.lost", words, remedy="Use the user account and machine that made this profile."
            )
        key = secrets.token_hex(32)
        store.set(name, key)
    return key
