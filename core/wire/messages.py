"""The messages between workstation and cloud core, versioned (sync.md 3.7, 3.8). JSON arrays in zstd or gzip.

HTTP: 200 whenever the request was judged; 401 sign in again; 403 account disabled; 409 fork (this database is a copy);
410 resync (unknown epoch); 413 too large; 426 too old; 429 and 503 later. Every refusal carries a `Failure`.

Field values are in stored form: None, int or str (`core.schema.field`). Order of members is the wire order: append
only.
"""

from __future__ import annotations

from typing import Literal

import msgspec

PROTOCOL = 1
"""Grows when a message changes its meaning; the cloud accepts the last three."""

SCHEMA = 1
"""Version of the entities' declarations: grows when a synced field or entity is added (sync.md 3.12)."""

Value = int | str | None
Op = Literal["create", "patch", "delete", "restore"]
Status = Literal["ok", "merged", "conflict", "refused", "blocked"]


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """User name and password of one account for one replica (installation).

    `code`: of the second factor, where the cloud asked for one. `agreed`: the versions of policies that the person has
    just read and agreed to, by kind (ACC-03).
    """

    user: str
    password: str
    replica: str
    code: str = ""
    agreed: dict[str, int] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Without the password."""
        return f"SignIn(user={self.user!r})"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in account: its tokens and what it is.

    `wants`: what the person is to be asked for (`email`, `password`: ACC-04, ACC-06). `acting`: the account of the
    distributor who acts here in the installer's name, by grant (ACC-08); `full_name` then tells both.
    """

    access_token: str
    refresh_token: str
    account_id: str
    org_id: str
    tenant: str
    user: str
    full_name: str
    role: str
    schema: int
    wants: list[str] = msgspec.field(default_factory=list)
    acting: str = ""

    def __repr__(self) -> str:
        """Without the tokens."""
        return f"Session(user={self.user!r}, org_id={self.org_id!r}, role={self.role!r})"


class Refresh(msgspec.Struct, frozen=True, kw_only=True):
    """Exchange of a refresh token for a new session."""

    refresh_token: str

    def __repr__(self) -> str:
        """Without the token."""
        return "Refresh()"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer that is no success: the members of `GatewrightError.document`."""

    code: str
    message: str
    remedy: str = ""
    field: str = ""


class Mutation(msgspec.Struct, frozen=True, array_like=True):
    """One edit of one row: what was changed, on which version it was based, and its number at its replica.

    `needs`: the number of the creation without which this edit makes no sense. `supersedes`: the `mut_id` of a refused
    or conflicting edit that a person corrected by this one. `origin`: the replica that made the edit, where another one
    carries it to the cloud. `schema`: of the declarations it was made under; 0: the batch's.
    """

    n: int
    mut_id: str
    group: str | None
    entity: int
    entity_id: str
    scope: str
    op: Op
    base_ver: int
    fields: dict[str, Value]
    made_at: int
    needs: int | None = None
    supersedes: str | None = None
    origin: str | None = None
    schema: int = 0


class PushBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Mutations of one replica in the order of their numbers. `acked_n`: answers up to here are filed.

    `epoch` and `seq`: where the workstation stands. A cloud that has another history, or a shorter one, judges nothing:
    it came back from a backup, and first has to be offered what it has lost.

    `tickets`: the ticket books that this workstation holds; what they reserve is free for it.
    """

    proto: int
    schema: int
    replica: str
    acked_n: int
    muts: list[Mutation]
    epoch: str = ""
    seq: int = 0
    tickets: list[str] = msgspec.field(default_factory=list)


class Clash(msgspec.Struct, frozen=True, array_like=True):
    """A field that somebody else wrote first: what stands now, who wrote it, when (ms)."""

    field: str
    theirs: Value
    who: str
    at: int


class MutationAnswer(msgspec.Struct, frozen=True, array_like=True):
    """What became of one mutation. `image`: the row as it now stands at the cloud, None when there is none. With a
    member `scope_id` where the row was moved to another scope since the edit was made.
    """

    n: int
    mut_id: str
    status: Status
    ver: int
    image: dict[str, Value] | None = None
    code: str = ""
    message: str = ""
    field: str = ""
    clashes: list[Clash] = msgspec.field(default_factory=list)
    blocked_by: int | None = None


class PushAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer per mutation offered, in order.

    `before` and `head`: the numbers over `before` up to and including `head` are this batch's rows and nothing else, in
    the lineage `epoch`. A workstation that stands at `before` and filed the answers has seen all of them. Not told
    (`head` 0) where scopes were given by this batch, or answers had been given before.
    """

    proto: int
    schema: int
    answers: list[MutationAnswer]
    epoch: str = ""
    before: int = 0
    head: int = 0


class WireRow(msgspec.Struct, frozen=True, array_like=True):
    """One feed row: `op` p put, d deleted, l left this scope. `values` in the entity's wire order (none for d, l)."""

    entity: int
    id: str
    scope: str
    ver: int
    op: Literal["p", "d", "l"]
    values: list[Value]


class ScopeGrant(msgspec.Struct, frozen=True, array_like=True):
    """A scope that the account may see: kind `site` or `org`, a label for people, and the generation of the grant.

    The generation grows at each activation: a changed one means that the scope was taken away and given back, so rows
    may have been missed and the scope is filled again (sync.md 3.8). `rows`: how many there are, about.
    """

    scope: str
    kind: str
    label: str
    gen: int
    rows: int = 0


class PullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Where the workstation stands. `epoch` empty and `seq` 0: nothing yet."""

    proto: int
    schema: int
    replica: str
    epoch: str
    seq: int
    access_seq: int
    max_rows: int = 5000


class FillRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The next page of one scope's first fill: numbers over `after` up to and including `to`.

    `then`: further scopes of which nothing has come yet, filled up to the same number; as many of them as there is
    room for come in the same page. A firm has hundreds of small sites, and a request for each costs more than its rows.
    """

    proto: int
    schema: int
    replica: str
    epoch: str
    scope: str
    after: int
    to: int
    max_rows: int = 5000
    then: list[str] = msgspec.field(default_factory=list)


class PullPage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in the tenant's one order. `next`: the cursor after this page. `head`: the newest number there is.

    `scopes` is present in an answer to a pull when the access list changed since `access_seq`: the whole list, each
    with its generation; a scope counts as withdrawn only when it stands in `withdrawn`.

    `schema`: the cloud's. `widths`: fields that it knows, by entity number; told to a workstation of another schema.

    Of a fill: `filled` are the scopes that are complete with this page, `partial` is the one in which it ends, at
    `next`. A cloud that tells neither has filled the scope that was asked for, up to `next`.
    """

    epoch: str
    head: int
    next: int
    more: bool
    rows: list[WireRow]
    tenant: str = ""
    access_seq: int = 0
    scopes: list[ScopeGrant] | None = None
    withdrawn: list[str] = msgspec.field(default_factory=list)
    schema: int = 0
    widths: dict[int, int] | None = None
    filled: list[str] = msgspec.field(default_factory=list)
    partial: str = ""


class CheckRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Asks for the sums of scopes, to compare with the mirror's own. `deep`: one scope whose values are wanted too."""

    proto: int
    schema: int
    replica: str
    epoch: str
    deep: str = ""


class ScopeSum(msgspec.Struct, frozen=True, array_like=True):
    """Count of live rows of a scope and the exclusive-or over them (`core.wire.checksum`)."""

    scope: str
    rows: int
    h: int


class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Sums at the number `head`, of every scope that the account may see. `values`: over what the rows of the scope
    `deep` hold; None when it was not asked for.
    """

    head: int
    schema: int
    sums: list[ScopeSum]
    values: int | None = None


class Poke(msgspec.Struct, frozen=True, kw_only=True):
    """Says that the newest number of a tenant is `head`. Carries no data: whoever hears it pulls (sync.md 3.13)."""

    tenant: str
    head: int


class PartState(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a file has arrived in pieces; `whole` once it is complete and its digest was right."""

    received: int
    whole: bool = False
