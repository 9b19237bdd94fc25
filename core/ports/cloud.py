"""The door to the cloud core. Implemented by sync.transport; speaks the messages of core.wire."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from core.base.errors import RefusedError, UnreachableError
from core.wire.messages import (
    CheckAnswer,
    CheckRequest,
    FillRequest,
    PullPage,
    PullRequest,
    PushAnswer,
    PushBatch,
    Session,
    SignIn,
)

T = TypeVar("T")


class ForkError(RefusedError):
    """409: the cloud knows another history of this replica: the mirror is a copy or came back from a backup."""


class ResyncError(RefusedError):
    """410: the cloud does not know the cursor's epoch or has forgotten that far back."""


class TooLargeError(RefusedError):
    """413: a smaller batch is wanted."""


class TooOldError(RefusedError):
    """426: this program is too old for the cloud; nothing is lost, nothing is sent until it is updated."""


class BusyError(UnreachableError):
    """429 or 503: the cloud asks to come back after `retry_after_s` seconds."""

    def __init__(self, code: str, message: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(code, message)
        self.retry_after_s = retry_after_s


class AccountDoor(Protocol):
    """Requests about accounts: plain JSON, one message each way. Errors as those of CloudTransport."""

    base_url: str

    async def ask(
        self, method: str, path: str, kind: type[T] | None, message: msgspec.Struct | None = None
    ) -> T:
        """One request in the name of who is signed in; `kind` None where nothing is answered."""
        ...

    async def ask_openly(
        self, method: str, path: str, kind: type[T], message: msgspec.Struct | None = None
    ) -> T:
        """One request that needs no sign-in."""
        ...

    async def sign_out(self) -> None:
        """Forget the session, and tell the cloud."""
        ...


class CloudTransport(Protocol):
    """One cloud core. Errors: SignInError (401), RefusedError (judged and refused as a whole), UnreachableError
    (no answer, 429, 5xx, a captive portal's page), AmbiguousError never: every request may be repeated.
    """

    base_url: str

    @property
    def session(self) -> Session | None:
        """The account that is signed in; None when nobody is."""
        ...

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

    async def check(self, request: CheckRequest) -> CheckAnswer:
        """The cloud's sums of scopes (sync.md 3.13)."""
        ...

    def pokes(self) -> AsyncGenerator[int, None]:
        """The newest number of the tenant, at once and as it grows; ends when the cloud says so (sync.md 3.13)."""
        ...

    async def put_blob(self, sha256: str, path: Path) -> bool:
        """Send a file, in pieces, going on where an earlier call was cut off; False, with nothing sent, when the cloud
        has it already.
        """
        ...

    async def get_blob(self, sha256: str, path: Path) -> None:
        """Fetch a file into `path`, resuming a part that is there; the digest is checked. NotFoundError if unknown."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
