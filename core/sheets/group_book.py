"""Access groups of a site by the numeric IDs of files (GRP-04), and who is in them."""

from __future__ import annotations

from core.base.words import clean
from core.entities.access import ACCESS_GROUP, GROUP_MEMBER, AccessGroup, GroupMember
from core.sheets.places import NameBook
from core.store.reader import Reader

Leaving = tuple[AccessGroup, GroupMember]


class GroupBook:
    """All groups and memberships of one site, read at once."""

    def __init__(self, reader: Reader, site_id: str) -> None:
        groups = reader.find(ACCESS_GROUP, site_id=site_id)
        self._groups = {g.id: g for g in groups}
        self._codes = NameBook((str(g.code), g) for g in groups)
        self.defaults: dict[str, tuple[AccessGroup, ...]] = {}
        for group in groups:
            if group.building_id and group.owner_id is None:
                self.defaults[group.building_id] = (*self.defaults.get(group.building_id, ()), group)
        self._members: dict[str, dict[str, GroupMember]] = {}
        for member in reader.find(GROUP_MEMBER, scope_id=site_id):
            self._members.setdefault(member.person_id, {})[member.group_id] = member

    def choose(
        self, person_id: str, text: str
    ) -> tuple[tuple[AccessGroup, ...], tuple[Leaving, ...], list[str]]:
        """Which groups a cell makes a person join and leave, and a sentence for each ID that means none or several.

        A cell without an ID changes nothing. Private schedules (RES-04) are neither joined nor left by a file.
        """
        mine = self._members.get(person_id, {})
        wanted: dict[str, AccessGroup] = {}
        wrong = []
        for code in filter(None, (part.strip() for part in text.split(";"))):
            found = [g for g in self._codes.find(code) if g.owner_id in {None, person_id}]
            if len(found) == 1:
                wanted[found[0].id] = found[0]
            else:
                words = f"The site has {'several access groups' if found else 'no access group'} of the ID"
                wrong.append(f"{words} {clean(code, limit=16)}.")
        if not wanted:
            return (), (), wrong
        join = tuple(g for g in wanted.values() if g.id not in mine)
        leave = tuple(
            (group, member)
            for i, member in mine.items()
            if i not in wanted and (group := self._groups.get(i)) is not None and group.owner_id is None
        )
        return join, leave, wrong

    def shown(self, person_id: str) -> str:
        """The IDs of a person's groups as a cell."""
        codes = (str(g.code) for i in self._members.get(person_id, {}) if (g := self._groups.get(i)))
        return ";".join(sorted(codes))
