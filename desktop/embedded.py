"""Starts the cloud service inside this program, and its operator's commands: the only door to core.cloud."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.base.errors import NotFoundError, UserError
from core.cloud import admin, backup, operator
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.run import new_loop, serve
from core.cloud.settings import settings_for, sqlite_file
from core.entities.organisation import Role


async def serve_cloud(
    database: str, host: str, port: int, blobs: Path | None, on_ready: Callable[[str], None]
) -> None:
    """Serve until cancelled, then finish what is on its way. UserError when port or database are not to be had."""
    await serve(database, host, port, blobs=blobs, on_ready=on_ready)


def alone(work: Coroutine[Any, Any, int]) -> int:
    """Run in a process that does nothing but serve: on the loop for that."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(work)


@contextmanager
def opened_cloud(database: str, blobs: Path | None = None) -> Iterator[Cloud]:
    """The cloud's database, opened for operator's work and closed again."""
    # An operator's act on a database that is not beside its files needs no files; backup and retention name them.
    cloud = open_cloud(
        settings_for(database, blobs=blobs or (None if sqlite_file(database) else Path("blobs")))
    )
    try:
        yield cloud
    finally:
        cloud.close()


def admin_show(cloud: Cloud) -> dict[str, Any]:
    """Organisations and counts of rows."""
    return admin.show(cloud)


def create_firm(
    cloud: Cloud, name: str, user: str, password: str, *, under: str | None = None, full_name: str = ""
) -> admin.Created:
    """A distributor, or with `under` an installer below one; with its first account."""
    if under is None:
        return admin.create_distributor(cloud, name=name, user=user, password=password, full_name=full_name)
    return admin.create_installer(
        cloud, name=name, user=user, password=password, distributor_id=under, full_name=full_name
    )


async def administer(verb: str, args: argparse.Namespace, password: str) -> dict[str, Any]:
    """One of the operator's commands on the database itself; its document."""

    def work() -> dict[str, Any]:
        if verb == "restore":
            return backup.restore(settings_for(args.database, blobs=args.blobs), args.source)
        with opened_cloud(args.database, getattr(args, "blobs", None)) as cloud:
            if verb in operator.VERBS:
                return operator.VERBS[verb](cloud, {**vars(args), "password": password})
            return _VERBS[verb](cloud, args, password)

    return await asyncio.to_thread(work)


def _migrate(_cloud: Cloud, args: argparse.Namespace, _password: str) -> dict[str, Any]:
    return {"migrated": str(args.database).rsplit("@", 1)[-1]}


def _create_distributor(cloud: Cloud, args: argparse.Namespace, password: str) -> dict[str, Any]:
    made = admin.create_distributor(
        cloud, name=args.name, user=args.user, password=password, full_name=args.full_name, email=args.email
    )
    return asdict(made)


def _create_installer(cloud: Cloud, args: argparse.Namespace, password: str) -> dict[str, Any]:
    made = admin.create_installer(
        cloud,
        name=args.name,
        user=args.user,
        password=password,
        distributor_id=_organisation(cloud, args.under) if args.under else None,
        full_name=args.full_name,
        email=args.email,
    )
    return asdict(made)


def _create_account(cloud: Cloud, args: argparse.Namespace, password: str) -> dict[str, Any]:
    if not args.under:
        raise UserError(
            "cloud.under", "An account belongs to an organisation.", remedy="Name it with --under."
        )
    roles = {role.value.replace("_", "-"): role for role in Role}
    if args.role not in roles:
        raise UserError("cloud.role", f"'{args.role[:30]}' is no role. Known: {', '.join(sorted(roles))}.")
    made = admin.create_account(
        cloud,
        org_id=_organisation(cloud, args.under),
        user=args.user,
        password=password,
        role=roles[args.role],
        full_name=args.full_name or args.name,
        email=args.email,
    )
    return asdict(made)


def _organisation(cloud: Cloud, name: str) -> str:
    found = [o["id"] for o in admin.show(cloud)["organisations"] if name in {o["id"], o["name"]}]
    if len(found) != 1:
        word = "More than one" if found else "No"
        raise NotFoundError("cloud.organisation", f"{word} organisation is called '{name[:60]}'.")
    return str(found[0])


def _show(cloud: Cloud, _args: argparse.Namespace, _password: str) -> dict[str, Any]:
    return admin.show(cloud)


def _check(cloud: Cloud, _args: argparse.Namespace, _password: str) -> dict[str, Any]:
    problems = admin.check(cloud)
    return {"fine": not problems, "problems": problems}


_VERBS: dict[str, Callable[[Cloud, argparse.Namespace, str], dict[str, Any]]] = {
    "migrate": _migrate,
    "create-distributor": _create_distributor,
    "create-installer": _create_installer,
    "create-account": _create_account,
    "show": _show,
    "check": _check,
}
