"""The door to the cloud core. Implemented by sync.transport; speaks the messages of core.wire."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from core.wire.messages import (
    FillRequest,
    PullPage,
    PullRequest,
    PushAnswer,
    PushBatch,
    Session,
    SignIn,
)


class CloudTransport(Protocol):
    """One cloud core. Errors: SignInError (401), RefusedError (judged and refused as a whole), UnreachableError
    (no answer, 429, 5xx, a captive portal's page), AmbiguousError never: every request may be repeated.
    """

    base_url: str

    async def sign_in(self, request: SignIn) -> Session:
        """Exchange user name and password for a session (ACC-01)."""
        ...

    async def sign_out(self) -> None:
        """End the session at the cloud; a dead cloud does not prevent signing out locally."""
        ...

    async def push(self, batch: PushBatch) -> PushAnswer:
        """Offer mutations (sync.md 3.7)."""
        ...

    async def pull(self, request: PullRequest) -> PullPage:
        """Next page after the cursor (sync.md 3.8)."""
        ...

    async def fill(self, request: FillRequest) -> PullPage:
        """Next page of one scope's first fill (sync.md 3.8)."""
        ...

    async def put_blob(self, sha256: str, path: Path) -> None:
        """Send a file; no effect when the cloud has it."""
        ...

    async def get_blob(self, sha256: str, path: Path) -> None:
        """Fetch a file into `path`, resuming a part that is there; the digest is checked. NotFoundError if unknown."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
