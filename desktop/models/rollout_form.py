"""When a rollout begins, and whether devices are reset after it (FW-02, FW-03): from what a person typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from core.base.errors import UserError
from core.entities.firmware import Rollout
from desktop.models.words import translate, zone_of

FORM = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class RolloutForm:
    """What is entered: `at` in the site's zone as `2026-05-01 22:00`, empty for at once."""

    at: str = ""
    reset_after: bool = False


def form_of(rollout: Rollout, zone: str) -> RolloutForm:
    """What a rollout has now."""
    at = rollout.starts_at.astimezone(zone_of(zone) or UTC).strftime(FORM) if rollout.starts_at else ""
    return RolloutForm(at, rollout.reset_after)


def begins_at(text: str, zone: str, now: datetime) -> datetime | None:
    """The moment in UTC; None for at once. UserError (field `at`) for what is no time, or is past."""
    plain = " ".join(text.split())
    if not plain:
        return None
    try:
        moment = datetime.strptime(plain, FORM).replace(tzinfo=zone_of(zone) or UTC)
    except ValueError as fault:
        words = translate("'{0}' is no time.").format(plain[:40])
        raise UserError(
            "rollout.time", words, remedy=translate("Write it as 2026-05-01 22:00."), field="at"
        ) from fault
    if moment <= now:
        words = translate("{0} is past.").format(plain)
        raise UserError(
            "rollout.past", words, remedy=translate("Write a later time, or leave it empty."), field="at"
        )
    return moment.astimezone(UTC)
