from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from core.entities.organisation import Role
from desktop.models.nav_badges import NavBadge, NavBadges
from desktop.views import registry
from desktop.views.entry import Group

ROLES = (Role.INSTALLER, Role.SUB_INSTALLER, Role.MANAGER, Role.DISTRIBUTOR)


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_pages_with_words_and_settings_come_last(qapp: QApplication, role: Role) -> None:
    groups = registry.pages_of(role)
    keys = [item.key for _, items in groups for item, _ in items]
    assert len(keys) == len(set(keys))
    assert keys[-1] == "settings"
    assert all(item.text and item.icon for _, items in groups for item, _ in items)


def test_a_sub_installer_sees_what_its_installer_sees_and_a_distributor_no_site(qapp: QApplication) -> None:
    def keys(role: Role) -> list[str]:
        return [e.key for _, members in registry.entries_of(role) for e in members]

    assert keys(Role.SUB_INSTALLER) == keys(Role.INSTALLER)
    assert "devices" not in keys(Role.DISTRIBUTOR)
    assert next(group for group, _ in registry.entries_of(Role.INSTALLER)) is Group.WORK


def test_two_pages_at_one_place_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    one = registry.all_entries()[0]
    monkeypatch.setattr(registry, "all_entries", lambda: (one, one))
    with pytest.raises(ValueError, match="one place"):
        registry.entries_of(next(iter(one.places)))


def test_a_badge_is_told_once_and_only_a_count_can_need_somebody() -> None:
    badges = NavBadges()
    told: list[str] = []
    badges.told.connect(told.append)
    badges.tell("visitors", "3", needs=True)
    badges.tell("visitors", "3", needs=True)
    badges.tell("visitors", "", needs=True)
    assert told == ["visitors", "visitors"]
    assert badges.of("visitors") == NavBadge()
    assert badges.told_keys() == ["visitors"]
