"""How a generic `put` or `remove` does what means more than one row: through that noun's own verb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.base.ids import new_id
from core.entities.access import ACCESS_GROUP, AccessGroup
from core.entities.device import DEVICE, MAC_ENTRY, RELAY, MacEntry
from core.entities.person import CREDENTIAL, RESIDENT
from core.entities.site import APARTMENT, BUILDING, SITE, Site
from core.store.tx import Tx
from core.usecases.devices import NewDevice, put_device, put_relay
from core.usecases.people import (
    ON_GROUPS,
    NewResident,
    check_master_may_go,
    put_credential,
    put_resident,
    remove_person,
)
from core.usecases.places import check_plan, new_proof_key, next_group_code, put_apartment, put_building

Creator = Callable[[Tx, dict[str, Any], str], Any]
"""(transaction, typed values, the actor's organisation) -> the row."""


@dataclass(frozen=True, slots=True)
class Making:
    """How rows of one entity are made, and which required fields are filled in when they are not given."""

    make: Creator
    filled: frozenset[str] = frozenset()


def _site(tx: Tx, values: dict[str, Any], org_id: str) -> Any:
    site_id = new_id()
    given = {"org_id": org_id, "proof_key": new_proof_key(), **values}
    site = Site(id=site_id, scope_id=site_id, **given)
    check_plan(site, values, tx.now)
    return tx.put(SITE, site)


def _building(tx: Tx, values: dict[str, Any], _org_id: str) -> Any:
    return put_building(tx, tx.require(SITE, values["site_id"]), values["name"])


def _apartment(tx: Tx, values: dict[str, Any], _org_id: str) -> Any:
    building = tx.require(BUILDING, values["building_id"])
    return put_apartment(
        tx, building, values["number"], name=values.get("name", ""), floor=values.get("floor")
    )


def _mac(tx: Tx, values: dict[str, Any], org_id: str) -> Any:
    return tx.put(MAC_ENTRY, MacEntry(id=new_id(), scope_id=org_id, **values))


def _device(tx: Tx, values: dict[str, Any], org_id: str) -> Any:
    known = {k: values.pop(k) for k in tuple(values) if k in NewDevice.__dataclass_fields__}
    return put_device(tx, NewDevice(**known, more=values), org_id)


def _relay(tx: Tx, values: dict[str, Any], _org_id: str) -> Any:
    device = tx.require(DEVICE, values.pop("device_id"))
    return put_relay(tx, device, values.pop("number"), values.pop("name"), **values)


def _resident(tx: Tx, values: dict[str, Any], _org_id: str) -> Any:
    values.pop("site_id", None)
    names = {k: values.pop(k) for k in ("apartment_id", "first_name", "last_name")}
    return put_resident(tx, NewResident(**names, more=values))


def _credential(tx: Tx, values: dict[str, Any], _org_id: str) -> Any:
    person = tx.require(RESIDENT, values.pop("person_id"))
    return put_credential(tx, person, values.pop("kind"), values.pop("code", ""), **values)


def _group(tx: Tx, values: dict[str, Any], _org_id: str) -> Any:
    site_id = values["site_id"]
    code = values.pop("code", None) or next_group_code(tx, site_id)
    return tx.put(ACCESS_GROUP, AccessGroup(id=new_id(), scope_id=site_id, code=code, **values))


MAKING: dict[str, Making] = {
    SITE.name: Making(_site, frozenset({"org_id"})),
    BUILDING.name: Making(_building),
    APARTMENT.name: Making(_apartment, frozenset({"site_id"})),
    MAC_ENTRY.name: Making(_mac),
    DEVICE.name: Making(_device),
    RELAY.name: Making(_relay),
    RESIDENT.name: Making(_resident, frozenset({"site_id"})),
    CREDENTIAL.name: Making(_credential),
    ACCESS_GROUP.name: Making(_group, frozenset({"code"})),
}
"""By entity name. An entity without an entry is made as it is, in the scope of what it points at."""


def _remove_resident(tx: Tx, person: Any) -> None:
    check_master_may_go(tx, person)
    remove_person(tx, person)


def _remove_group(tx: Tx, group: Any) -> None:
    for spec in ON_GROUPS:
        for row in tx.find(spec, group_id=group.id):
            tx.remove(spec, row.id)
    tx.remove(ACCESS_GROUP, group.id)


REMOVING: dict[str, Callable[[Tx, Any], None]] = {
    RESIDENT.name: _remove_resident,
    ACCESS_GROUP.name: _remove_group,
}
"""By entity name. Any other row is removed alone, and only when nothing points at it."""
