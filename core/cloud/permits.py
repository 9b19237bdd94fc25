"""What is in the way of an edit although the role may write such rows: a site's switches, whose account is whose."""

from __future__ import annotations

from core.cloud.access import Who
from core.cloud.rows import Held
from core.cloud.working import Working
from core.entities.organisation import ACCOUNT, Role
from core.entities.person import RESIDENT
from core.rules.rights import may_manage, switched_off
from core.rules.sign_in_info import LOCKED_BY_LINKS
from core.schema.entity import Problem


def forbidden(working: Working, who: Who, held: Held, written: set[str]) -> Problem | None:
    """ACC-12, ACC-20, and whose accounts may be changed by whom, by the rules of core.rules; None: nothing is."""
    if held.spec is ACCOUNT and not may_manage(who.role, who.account, held.row()):
        return Problem("", "not_allowed", "Your role does not allow a change of this account.")
    if held.spec is RESIDENT and (problem := _locked_by_links(working, held, written)) is not None:
        return problem
    if who.role is not Role.MANAGER:
        return None
    op = "delete" if held.deleted else "create" if held.at_ver == 0 else "patch"
    words = switched_off(working, op, held.row(), held.spec.name, written)
    said = f"The installer has switched off {words} for the managers of this site."
    return Problem("", "switched_off", said) if words else None


def _locked_by_links(working: Working, held: Held, written: set[str]) -> Problem | None:
    """ACC-20: of an account that had linked sites before this edit, three fields stay."""
    before = working.before(held)
    if before is None or before.deleted or held.deleted or not before.values["linked"]:
        return None
    locked = [n for n in LOCKED_BY_LINKS if n in written and before.values[n] != held.values[n]]
    if not locked:
        return None
    words = f"{RESIDENT.by_name[locked[0]].label} cannot be changed while the account has linked sites."
    return Problem(locked[0], "residents.linked", words)
