"""Permissions and settings that stand in the way of one row's change: ACC-12, ACC-20, plans. Asked by every verb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.base.errors import NotAllowedError, UserError
from core.entities.device import DEVICE
from core.entities.organisation import Role
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.site import APARTMENT, APARTMENT_SWITCHES, SITE, Apartment, PinMode, Site, SiteKind
from core.rules.catalogue import Can, ability
from core.rules.plans import FIELDS, Feature, plan_forbids, row_forbidden
from core.rules.rights import ACCESS_ROWS, may_write
from core.rules.sign_in_info import LOCKED_BY_LINKS
from core.rules.typed_codes import clashes_with_apartments
from core.schema.entity import EntitySpec
from core.store.reader import Reader
from core.usecases.context import Context, Permission

PACKAGE_NOTICES = "package_notice_office"
"""The feature's name in the catalogue."""


def site_of(reader: Reader, row: Any) -> Site | None:
    """The site that a row belongs to, when it is here."""
    return reader.get(SITE, row.scope_id)


def guard_access(ctx: Context, reader: Reader, person: Resident) -> None:
    """GRP-05: with 'only public area' a property manager does not set up residents' access."""
    if person.kind is PersonKind.RESIDENT:
        ctx.require_at(Permission.SET_ACCESS, site_of(reader, person))


def guard_change(
    ctx: Context, reader: Reader, spec: EntitySpec[Any], row: Any, changes: Mapping[str, Any]
) -> None:
    """UserError or NotAllowedError when this change of a row is not for this person, plan or account."""
    different = {n: v for n, v in changes.items() if getattr(row, n) != v}
    actor = ctx.me
    if actor.role is Role.MANAGER and different and not may_write(actor.role, spec.name, "patch", different):
        labels = ", ".join(spec.by_name[n].label for n in different)
        raise NotAllowedError(
            "role.not_allowed", f"A manager may not change this of a {spec.label.lower()}: {labels}."
        )
    if isinstance(row, Site):
        _guard_site(ctx, reader, row, different)
    elif isinstance(row, Apartment):
        if why := switches_forbidden(ctx, reader, row, different):
            raise UserError("plan.basic", why)
    elif isinstance(row, Resident):
        _guard_person(ctx, row, different)
    elif spec.name in ACCESS_ROWS:
        _guard_access_row(ctx, reader, row)


def guard_remove(ctx: Context, reader: Reader, spec: EntitySpec[Any], row: Any) -> None:
    """ACC-12: deleting accounts is a switch of the site; access of residents likewise."""
    if spec is RESIDENT:
        ctx.require_at(Permission.DELETE_ACCOUNTS, site_of(reader, row))
        _guard_office(ctx, row)
    elif spec is APARTMENT or spec is SITE:
        ctx.require(Permission.EDIT_SITES)
    elif spec.name in ACCESS_ROWS:
        _guard_access_row(ctx, reader, row)


def guard_made(ctx: Context, reader: Reader, spec: EntitySpec[Any], row: Any) -> None:
    """A new row: the site's plan has to give it (DEV-09), apartments are the installer's to make (SITE-16); residents'
    access as in `guard_change`. Asked when the row is written, by every verb that adds one of a kind.
    """
    if why := row_forbidden(site_of(reader, row), spec.name, ctx.clock.now()):
        raise UserError("plan.basic", why)
    if spec is APARTMENT or spec is SITE:
        ctx.require(Permission.EDIT_SITES)
    elif spec.name in ACCESS_ROWS:
        _guard_access_row(ctx, reader, row)


def switches_forbidden(ctx: Context, reader: Reader, apartment: Apartment, changes: Mapping[str, Any]) -> str:
    """SITE-12: a basic plan has no permission switches."""
    if not set(changes) & set(APARTMENT_SWITCHES):
        return ""
    site = reader.get(SITE, apartment.site_id)
    return "" if site is None else plan_forbids(site, Feature.SWITCHES, ctx.clock.now())


def _guard_site(ctx: Context, reader: Reader, site: Site, changes: Mapping[str, Any]) -> None:
    if changes.get("pin_mode") is PinMode.APARTMENT_PIN:
        count = clashes_with_apartments(reader, replace(site, pin_mode=PinMode.APARTMENT_PIN))
        if count:
            words = f"{count} codes could not be told apart with the apartment number in front."
            raise UserError("sites.pin_mode.clash", words, remedy="Change them first.", field="pin_mode")
    if site.smart_home and changes.get("smart_home") is False:
        words = "A smart-home link cannot be turned off once it is on."
        raise UserError("sites.smart_home", words, field="smart_home")
    if "kind" in changes:
        raise UserError("sites.kind", "The kind of a site cannot be changed.", field="kind")
    if site.kind is SiteKind.OFFICE and "plan" in changes:
        words = "The feature plan of an office cannot be changed afterwards."
        raise UserError("sites.plan.office", words, field="plan")
    for name, feature in FIELDS.items():
        if name in changes and (why := plan_forbids(site, feature, ctx.clock.now())):
            raise UserError("plan.basic", why, field=name)
    if changes.get("package_notices") and (why := no_package_device(reader, site)):
        raise UserError("sites.package_notices.device", why, field="package_notices")
    if any(name.startswith("video_") for name in changes):
        ctx.require_at(Permission.SET_VIDEO, site)


def no_package_device(reader: Reader, site: Site) -> str:
    """SITE-20, DEV-18: package notices come from an R29. Why an office has no device for them; empty when it has one,
    or one whose model is not known yet.
    """
    devices = reader.find(DEVICE, scope_id=site.id)
    found = [ability(PACKAGE_NOTICES, device.model, device.firmware) for device in devices]
    if any(one.can in {Can.YES, Can.UNKNOWN} for one in found):
        return ""
    models = ", ".join(sorted({device.model for device in devices}))
    there = f"there are {models}" if models else "it has no device yet"
    return f"Package notices in an office come from an R29; {there}."


def _guard_person(ctx: Context, person: Resident, changes: Mapping[str, Any]) -> None:
    locked = [n for n in LOCKED_BY_LINKS if n in changes]
    if person.linked and locked:
        labels = ", ".join(RESIDENT.by_name[n].label for n in locked)
        words = f"{labels} cannot be changed while the account has linked sites."
        raise UserError("residents.linked", words, remedy="Unlink the sites first.", field=locked[0])
    if changes:
        _guard_office(ctx, person)


def _guard_office(ctx: Context, person: Resident) -> None:
    """SITE-26: of a department's users an installer edits only those whom the office's manager has put there."""
    installer = ctx.me.role in {Role.INSTALLER, Role.SUB_INSTALLER}
    in_department = person.kind is PersonKind.OFFICE_USER and person.department_id is not None
    if installer and in_department and not person.placed_by_manager:
        words = "An installer edits in a department only the users whom the office's manager has moved there."
        raise NotAllowedError("residents.department", words)


def _guard_access_row(ctx: Context, reader: Reader, row: Any) -> None:
    person_id = getattr(row, "person_id", None) or getattr(row, "owner_id", None)
    person = reader.get(RESIDENT, person_id) if person_id else None
    if person is not None:
        guard_access(ctx, reader, person)
