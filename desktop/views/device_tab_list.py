"""The tabs of a device's page: their order, words and makers; and whether the device answers, as a dot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from core.entities.device import DeviceState
from desktop.models.desk import Desk
from desktop.models.detail import DeviceDetail
from desktop.models.words import age_word
from desktop.views.device_checks import ChecksTab
from desktop.views.device_drift import DriftTab
from desktop.views.device_relays import RelaysTab
from desktop.views.device_remote import RemoteTab
from desktop.views.device_settings import SettingsTab
from desktop.views.device_tabs import LogTab, OverviewTab
from desktop.views.page import Page
from desktop.views.plan_tab import PlanTab
from desktop.views.widgets.labels import StateDot

JUST, DAY = timedelta(seconds=60), timedelta(days=1)
TAB_KEYS = ("overview", "plan", "settings", "people", "relays", "checks", "drift", "remote", "log")
"""The tabs in order; each is the view's attribute of that name."""


def tab_words() -> dict[str, str]:
    """The words of the tabs."""
    tr = QCoreApplication.translate
    return {
        "overview": tr("DeviceView", "Overview"),
        "plan": tr("DeviceView", "Plan and proof"),
        "settings": tr("DeviceView", "Settings"),
        "people": tr("DeviceView", "People"),
        "relays": tr("DeviceView", "Relays"),
        "checks": tr("DeviceView", "Checks"),
        "drift": tr("DeviceView", "Drift"),
        "remote": tr("DeviceView", "Remote"),
        "log": tr("DeviceView", "Log"),
    }


def tab_acts() -> list[tuple[str, str, str, str]]:
    """(tab, words, icon, key) of the tabs that are also acts."""
    tr = QCoreApplication.translate
    return [
        ("checks", tr("DeviceView", "Check list"), "list-checks", "M"),
        ("drift", tr("DeviceView", "Compare with what is wanted"), "git-compare", "C"),
        ("remote", tr("DeviceView", "Remote maintenance"), "wrench", ""),
        ("settings", tr("DeviceView", "Settings of the device"), "sliders-horizontal", ""),
    ]


MAKERS: dict[str, Callable[[Desk, str], QWidget]] = {
    "overview": lambda desk, _id: OverviewTab(desk),
    "plan": lambda desk, device_id: PlanTab(desk, device_id, people=False),
    "settings": lambda desk, _id: SettingsTab(desk),
    "people": lambda desk, device_id: PlanTab(desk, device_id, people=True),
    "relays": lambda desk, _id: RelaysTab(desk),
    "checks": lambda desk, _id: ChecksTab(desk),
    "drift": lambda desk, _id: DriftTab(desk),
    "remote": lambda desk, _id: RemoteTab(desk),
    "log": LogTab,
}


def state_dot(view: Page, detail: DeviceDetail) -> StateDot:
    """Whether it answers, as a dot and words."""
    device, now = detail.device, view.desk.ctx.clock.now()
    if device.seen_at is None:
        return StateDot(view.tr("never seen"), "unreachable")
    if device.state is DeviceState.PLANNED:
        return StateDot(view.tr("not commissioned"), "waiting")
    just = now - device.seen_at < JUST
    words = (
        view.tr("seen just now") if just else view.tr("seen {0} ago").format(age_word(device.seen_at, now))
    )
    return StateDot(words, "proved" if now - device.seen_at < DAY else "unreachable")
