"""Where secrets of the workstation are kept: the system's key ring, or nothing at all."""

from __future__ import annotations

from typing import Protocol


class SecretStore(Protocol):
    """Key-value store of short secrets."""

    kind: str
    """For people: `Windows Credential Manager`, `passphrase`, ..."""

    def get(self, name: str) -> str | None:
        """The secret, or None when there is none. Raises UserError when the store is locked or missing."""
        ...

    def set(self, name: str, secret: str) -> None:
        """Keep a secret. Raises UserError when the store is locked or missing."""
        ...

    def delete(self, name: str) -> None:
        """Forget a secret; unknown names are fine."""
        ...
