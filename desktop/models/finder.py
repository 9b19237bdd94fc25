"""One search over people, units, devices, sites and the MAC library: names, numbers, MACs in any notation."""

from __future__ import annotations

from dataclasses import dataclass

from core.entities.device import DEVICE, MAC_ENTRY
from core.entities.person import RESIDENT
from core.entities.site import APARTMENT, SITE
from core.rules.compile import shown_mac
from core.store.query import ListQuery, rows
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.places import read_places
from desktop.models.words import translate

EACH = 6


@dataclass(frozen=True, slots=True)
class Found:
    """One thing: words, a note, its icon, the page that shows it and at what; its site, where it belongs to one."""

    words: str
    note: str
    icon: str
    kind: str
    page: str
    target: str
    site_id: str = ""


async def find_anything(ctx: Context, text: str, site_id: str) -> list[Found]:
    """What all words of the text are found in, a few of each kind; things of the chosen site first."""
    ctx.require_signed_in()
    return await ctx.mirror.read(lambda reader: _find(reader, text.strip(), site_id), limit_ms=2_000)


def _find(reader: Reader, text: str, site_id: str) -> list[Found]:
    found: list[Found] = []
    sites = {s.id: s.name for s in reader.find(SITE)}
    places = read_places(reader, site_id)

    def at(other: str) -> str:
        return "" if other == site_id else sites.get(other, "")

    for person in rows(reader, ListQuery(RESIDENT, search=text, limit=EACH)):
        note = at(person.site_id) or places.unit(person.apartment_id)
        found.append(
            Found(RESIDENT.name_of(person), note, "user", "person", "residents", person.id, person.site_id)
        )
    for device in rows(reader, ListQuery(DEVICE, search=text, limit=EACH)):
        where = at(device.site_id) or places.place(device.building_id, device.apartment_id)
        note = f"{where} · {shown_mac(device.mac)}"
        found.append(Found(device.name, note, "cpu", "unit", "devices", device.id, device.site_id))
    for apartment in rows(reader, ListQuery(APARTMENT, search=text, limit=EACH)):
        note = at(apartment.site_id) or places.building_name(apartment.building_id)
        words = translate("Apartment {0}").format(apartment.number)
        found.append(Found(words, note, "house", "unit", "sites", apartment.id, apartment.site_id))
    for entry in rows(reader, ListQuery(MAC_ENTRY, search=text, limit=EACH)):
        note = " ".join(p for p in (entry.model, translate("in the MAC library")) if p)
        found.append(Found(shown_mac(entry.mac), note, "barcode", "unit", "macs", entry.mac))
    return sorted(found, key=lambda f: f.site_id not in {site_id, ""})
