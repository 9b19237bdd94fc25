"""What a feature plan forbids (SITE-03, SITE-12, SITE-20, DEV-09, BOOK-01). Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from core.entities.equipment import CAMERA
from core.entities.site import Site, SiteKind
from core.rules.validity import is_premium


class Feature(StrEnum):
    """What needs a premium plan, in words."""

    SWITCHES = "apartments' permission switches"
    LANDLINE = "landline service"
    CAMERAS = "third-party cameras"
    OFFICE_PIN_QR = "the switch of PIN and QR access"
    PACKAGES = "package notices"
    BOOKINGS = "bookings"


KINDS: dict[Feature, frozenset[SiteKind]] = {
    Feature.SWITCHES: frozenset({SiteKind.COMMUNITY}),
    Feature.LANDLINE: frozenset({SiteKind.HOUSE, SiteKind.OFFICE}),
    Feature.CAMERAS: frozenset(SiteKind),
    Feature.OFFICE_PIN_QR: frozenset({SiteKind.OFFICE}),
    Feature.PACKAGES: frozenset({SiteKind.OFFICE}),
    Feature.BOOKINGS: frozenset({SiteKind.COMMUNITY}),
}
"""At which kinds of site a feature is tied to the plan."""

FIELDS: dict[str, Feature] = {
    "landline_service": Feature.LANDLINE,
    "office_pin_qr": Feature.OFFICE_PIN_QR,
    "package_notices": Feature.PACKAGES,
}
"""Site settings that belong to a feature."""


ROWS: dict[str, Feature] = {CAMERA.name: Feature.CAMERAS}
"""Kinds of rows that belong to a feature: none is added, or brought back, where the plan does not give it."""


def row_forbidden(site: Site | None, entity: str, at: datetime) -> str:
    """Why a row of this kind cannot be added to a site by its plan; empty when it can."""
    feature = ROWS.get(entity)
    return plan_forbids(site, feature, at) if feature is not None and site is not None else ""


def plan_forbids(site: Site, feature: Feature, at: datetime) -> str:
    """Why the site's plan does not give a feature at an aware moment; empty when it does."""
    if site.kind not in KINDS[feature] or is_premium(site, at):
        return ""
    ended = site.plan_until is not None and at >= site.plan_until
    words = "premium plan has expired" if ended else "plan is basic"
    label = feature.value[:1].upper() + feature.value[1:]
    return f"{label} needs a premium plan; the {words}."
