"""Which pages there are, in which order, for whom. The one place that knows them all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from core.entities.organisation import Role
from desktop.views.access_groups import GroupsPage
from desktop.views.audit import AuditPage
from desktop.views.devices import DevicesPage
from desktop.views.firmware import FirmwarePage
from desktop.views.frame import PageMaker
from desktop.views.jobs import JobsPage
from desktop.views.lan import LanPage
from desktop.views.mac_library import MacLibraryPage
from desktop.views.residents import ResidentsPage
from desktop.views.settings import SettingsPage
from desktop.views.sites import SitesPage
from desktop.views.sync import SyncPage
from desktop.views.widgets.nav import NavItem

Groups = Sequence[tuple[str, Sequence[tuple[NavItem, PageMaker]]]]


def _tr(text: str) -> str:
    return QCoreApplication.translate("registry", text)


def pages_of(role: Role) -> Groups:
    """The navigation of a role."""
    site = (
        (NavItem("sites", _tr("Sites"), SitesPage.icon), SitesPage),
        (NavItem("devices", _tr("Devices"), DevicesPage.icon), DevicesPage),
        (NavItem("residents", _tr("Residents"), ResidentsPage.icon), ResidentsPage),
        (NavItem("groups", _tr("Access groups"), GroupsPage.icon), GroupsPage),
    )
    account = (
        (NavItem("sync", _tr("Sync"), SyncPage.icon), SyncPage),
        (NavItem("audit", _tr("Audit"), AuditPage.icon), AuditPage),
        (NavItem("settings", _tr("Settings"), SettingsPage.icon), SettingsPage),
    )
    library = (
        (NavItem("macs", _tr("MAC library"), MacLibraryPage.icon), MacLibraryPage),
        (NavItem("firmware", _tr("Firmware"), FirmwarePage.icon), FirmwarePage),
    )
    work = (
        (NavItem("lan", _tr("LAN"), LanPage.icon), LanPage),
        (NavItem("jobs", _tr("Jobs"), JobsPage.icon), JobsPage),
    )
    if role is Role.DISTRIBUTOR:
        return (("", library[:1]), (_tr("Account"), account))
    if role is Role.MANAGER:
        return (("", site[2:]), (_tr("Doors"), (site[1], work[1])), (_tr("Account"), account))
    return (("", work), (_tr("Site"), site), (_tr("Library"), library), (_tr("Account"), account))
