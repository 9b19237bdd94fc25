"""The settings of a plan: all in one request, by the keys that the unit has (device API 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.base.verdict import Verdict
from core.entities.proof import ItemKind
from core.rules.desired import HeldSetting, WantedSetting
from core.rules.plan import Plan, PlanItem
from core.rules.settings import is_secret
from device_link.drivers.akuvox.batch import Batch, Entry, Settle, as_members
from device_link.drivers.akuvox.config import read_settings
from device_link.drivers.akuvox.dialect import dtmf_problem, dtmf_relay, pairs_to_write
from device_link.drivers.akuvox.session import Session


async def apply_settings(
    session: Session, plan: Plan, settle: Settle, check_cancel: Callable[[], None]
) -> None:
    """Send the plan's changes of settings. Raises LineEndedError when the conversation ended."""
    items = [item for item in plan.changes if isinstance(item.wanted, WantedSetting)]
    if not items:
        return
    check_cancel()
    keys = await _keys(session, items)
    codes = _dtmf_codes(plan)
    entries = []
    for item in items:
        wanted = item.wanted
        if not isinstance(wanted, WantedSetting):
            continue
        problem = _problem(wanted, keys.get(wanted.name, ""), codes)
        if problem:
            settle(item, Verdict.REFUSED, problem)
            continue
        pairs = pairs_to_write(wanted.name, wanted.value, keys[wanted.name], session.identity.model)
        secrets = frozenset({wanted.value}) if is_secret(wanted.name) else frozenset()
        entries.append(Entry(item, dict(pairs), wanted.name, secrets))
    batch = Batch(session, "config", "set", settle, check_cancel, data=as_members)
    await batch.send(entries)
    batch.finish()


async def _keys(session: Session, items: Sequence[PlanItem]) -> dict[str, str]:
    """The unit's key of each setting: from the plan where it was read, else asked for now."""
    known = {item.held.name: item.held.key for item in items if isinstance(item.held, HeldSetting)}
    names = [item.wanted.name for item in items if isinstance(item.wanted, WantedSetting)]
    unknown = [name for name in names if not known.get(name)]
    if unknown:
        known |= {name: found.key for name, found in (await read_settings(session, unknown)).items()}
    return known


def _dtmf_codes(plan: Plan) -> list[str]:
    return [
        item.wanted.value
        for item in plan.items
        if item.kind is ItemKind.SETTING
        and isinstance(item.wanted, WantedSetting)
        and dtmf_relay(item.wanted.name)
    ]


def _problem(wanted: WantedSetting, key: str, codes: list[str]) -> str:
    if not key:
        return f"This model and firmware has no setting for '{wanted.label}'."
    return dtmf_problem(wanted.value, codes) if dtmf_relay(wanted.name) else ""
