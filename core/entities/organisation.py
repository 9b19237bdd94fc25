"""Organisations and the accounts of their people (accounts.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from core.schema.entity import EntitySpec, Row, Scope, spec_of
from core.schema.field import Choice, Flag, Ref, Text


class OrgKind(StrEnum):
    """What an organisation is in the tree of accounts.md."""

    DISTRIBUTOR = "distributor"
    INSTALLER = "installer"


class Role(StrEnum):
    """What an account may be (table of accounts.md)."""

    DISTRIBUTOR = "distributor"
    INSTALLER = "installer"
    SUB_INSTALLER = "sub_installer"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation(Row):
    """A distributor or an installer's firm. Its own id is its scope."""

    name: Annotated[str, Text(label="Name", max_len=128, searchable=True)]
    kind: Annotated[OrgKind, Choice(label="Kind", of=OrgKind)]
    parent_id: Annotated[str | None, Ref(label="Distributor", to="organisations")] = None


ORGANISATION: EntitySpec[Organisation] = spec_of(
    Organisation,
    name="organisations",
    number=1,
    label="Organisation",
    scope=Scope.ORG,
    title=("name",),
    natural_key=("name",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Row):
    """Somebody who may sign in. Passwords and tokens are kept by the cloud, never here."""

    org_id: Annotated[str, Ref(label="Organisation", to="organisations", indexed=True)]
    user_name: Annotated[str, Text(label="User name", max_len=64, searchable=True, indexed=True)]
    full_name: Annotated[str, Text(label="Name", max_len=128, searchable=True)]
    role: Annotated[Role, Choice(label="Role", of=Role)]
    email: Annotated[str, Text(label="E-mail", max_len=254, searchable=True)] = ""
    active: Annotated[bool, Flag(label="Active")] = True


ACCOUNT: EntitySpec[Account] = spec_of(
    Account,
    name="accounts",
    number=2,
    label="Account",
    scope=Scope.ORG,
    title=("full_name",),
    natural_key=("user_name",),
)
