"""The form of a site: which fields a kind has, in which groups, and which are locked (SITE-01, SITE-11, SITE-20)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

from core.base.ids import new_id
from core.entities.organisation import Role
from core.entities.site import LANGUAGES, SITE, VIDEO_DAYS, Site, SiteKind
from core.rules.rights import may_write
from desktop.models.record_draft import DraftField, RecordDraft, draft_of
from desktop.models.words import translate

Line = str | tuple[str, ...]
FormGroup = tuple[str, tuple[Line, ...]]

_VIDEO: tuple[Line, ...] = (("video_plan", "video_days"), ("video_devices", "video_sound"))
_CONTACT: tuple[Line, ...] = (
    "email",
    ("calling_code", "mobile"),
    ("phone_1", "phone_2"),
    ("phone_3", "sip_number"),
)
_ADDRESS: tuple[Line, ...] = ("street", ("post_code", "city"), ("state", "country"))
_TIME: tuple[Line, ...] = ("time_zone", ("time_format", "date_format"))


def form_groups(kind: SiteKind) -> list[FormGroup]:
    """Headings and lines of fields, in their order."""
    if kind is SiteKind.HOUSE:
        return _house()
    return _office() if kind is SiteKind.OFFICE else _community()


def _house() -> list[FormGroup]:
    return [
        (translate("House"), ("name", "room_name", ("kind", "plan"), ("plan_until", "language"))),
        (translate("Time"), _TIME),
        (translate("Contact"), _CONTACT),
        (translate("Address"), _ADDRESS),
        (translate("Calls"), (("call_mode", "landline_service"), ("with_monitor", "free_members"))),
        (translate("Video storage"), _VIDEO),
        (translate("More"), (("smart_home", "id_access"),)),
    ]


def _community() -> list[FormGroup]:
    return [
        (translate("Community"), ("name", ("kind", "plan"), ("plan_until", "charge_mode"))),
        (translate("Time"), _TIME),
        (translate("Address"), _ADDRESS),
        (
            translate("Managers may"),
            (("pm_delete", "pm_logs"), ("pm_captures", "pm_video"), "pm_access", "pm_two_factor"),
        ),
        (
            translate("Access"),
            (("pin_mode", "key_days"), ("id_access", "dormakaba"), ("itec", "landline_service")),
        ),
        (
            translate("Emergency"),
            (("emergency_auto", "emergency_all"), "emergency_notice"),
        ),
        (
            translate("Detection"),
            (("motion", "motion_delay_s"), ("package_detection", "disconnect_mail"), "sim_message"),
        ),
        (translate("Mails"), (("expiry_mail", "renewal_mail"), "language")),
        (translate("Video storage"), _VIDEO),
    ]


def _office() -> list[FormGroup]:
    return [
        (translate("Office"), ("name", ("kind", "plan"), ("plan_until", "charge_mode"))),
        (translate("Time"), _TIME),
        (translate("Address"), _ADDRESS),
        (translate("Access"), (("pin_mode", "office_pin_qr"), ("package_notices", "landline_service"))),
        (translate("Managers may"), (("pm_delete", "pm_logs"), ("pm_captures", "pm_two_factor"))),
        (translate("Emergency"), (("emergency_auto", "emergency_all"), "emergency_notice")),
        (translate("Detection"), (("motion", "motion_delay_s"), ("disconnect_mail", "sim_message"))),
        (translate("Mails"), (("expiry_mail", "renewal_mail"), "language")),
    ]


def names_of(kind: SiteKind) -> tuple[str, ...]:
    """Every field of the form of a kind."""
    found: list[str] = []
    for _, lines in form_groups(kind):
        for line in lines:
            found += [line] if isinstance(line, str) else list(line)
    return tuple(found)


def blank_site(kind: SiteKind, org_id: str, zone: str) -> Site:
    """A new site before anything was typed."""
    identity = new_id()
    return Site(id=identity, scope_id=identity, org_id=org_id, name="", kind=kind, time_zone=zone or "UTC")


def site_draft(site: Site, role: Role | None, *, new: bool = False) -> RecordDraft:
    """The form of a site; what cannot be changed, or not by this role, is locked and says why."""
    draft = draft_of(SITE, site, names_of(site.kind), hints=_hints(site), new=new)
    for name, why in _locked(site, role, new=new).items():
        field = draft.fields.get(name)
        if field is not None:
            draft.fields[name] = DraftField(
                name, field.kind, field.label, field.required, field.optional, why, locked=True
            )
    return draft


def _hints(site: Site) -> Mapping[str, str]:
    return {
        "plan_until": translate("empty: no end"),
        "key_days": translate("0: as the resident sets it"),
        "video_devices": translate("0: unlimited"),
        "room_name": translate("own words"),
        "name": translate("up to 128 letters"),
        "free_members": translate("for each master") if site.kind is SiteKind.HOUSE else "",
    }


def _locked(site: Site, role: Role | None, *, new: bool) -> dict[str, str]:
    locked = {"kind": translate("set when it is made")}
    if site.kind is SiteKind.OFFICE:
        locked["charge_mode"] = translate("the installer pays")
        if not new:
            locked["plan"] = translate("set when it is made")
    if site.kind is SiteKind.HOUSE and site.smart_home and not new:
        locked["smart_home"] = translate("once on it stays on")
    if role is Role.MANAGER:
        for name in names_of(site.kind):
            if not may_write(role, SITE.name, "patch", {name}):
                locked.setdefault(name, translate("the installer's"))
    return locked


@cache
def zone_names() -> tuple[str, ...]:
    """Every zone of the IANA list. The first call reads files, so it is made off the window's thread (`load_sites`)."""
    return tuple(sorted(z for z in available_timezones() if "/" in z or z == "UTC"))


def site_choices() -> dict[str, list[tuple[object, str]]]:
    """The lists behind fields that are texts in the declaration."""
    zones: list[tuple[object, str]] = [(z, z) for z in zone_names()]
    languages: list[tuple[object, str]] = [(x, x) for x in LANGUAGES]
    days: list[tuple[object, str]] = [(str(d), translate("{0} days").format(d)) for d in VIDEO_DAYS]
    return {"time_zone": zones, "language": languages, "video_days": days}
