"""The pages Staff and Deliveries: people of the house with a PIN, cards and groups, beside the residents' page."""

from __future__ import annotations

from typing import ClassVar

from core.entities.person import PersonKind
from desktop.views.people_acts import PageWords
from desktop.views.residents import ResidentsPage


class StaffPage(ResidentsPage):
    """Property staff (VIS-03)."""

    key: ClassVar[str] = "staff"
    icon: ClassVar[str] = "id-card"
    kind: ClassVar[PersonKind] = PersonKind.STAFF

    @property
    def title(self) -> str:
        return self.tr("Staff")

    def words(self) -> PageWords:
        return PageWords(
            self.tr("New member of staff"),
            self.tr("No staff yet"),
            self.tr(
                "Cleaners, guards, the caretaker: each with a PIN or a card, and the groups of their doors."
            ),
        )


class DeliveriesPage(ResidentsPage):
    """Delivery people (VIS-02)."""

    key: ClassVar[str] = "deliveries"
    icon: ClassVar[str] = "package"
    kind: ClassVar[PersonKind] = PersonKind.DELIVERY

    @property
    def title(self) -> str:
        return self.tr("Deliveries")

    def words(self) -> PageWords:
        return PageWords(
            self.tr("New delivery"),
            self.tr("No delivery has a key"),
            self.tr("Who comes again and again gets a PIN of their own, in the hours of a group."),
        )
