"""A card with a form in it: fields of a draft, what is changed, Revert and Save at its own foot."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from desktop.models.record_draft import RecordDraft
from desktop.views.editors import Choices
from desktop.views.record_form import RecordForm, Row, SaveBar
from desktop.views.widgets.boxes import Card
from desktop.views.widgets.side_panel import FootBar


class FormCard(Card):
    """`save()` is the coroutine that saves what `draft` holds; `done(result)` runs after it. `keys`: on its button.

    The draft may be the desk's own, so that what was typed outlives the card.
    """

    def __init__(
        self,
        title: str,
        draft: RecordDraft,
        lines: Sequence[Row],
        save: Callable[[], Coroutine[Any, Any, Any]],
        *,
        done: Callable[[Any], object] = lambda _saved: None,
        choices: Mapping[str, Choices] | None = None,
        note: str = "",
        verb: str = "",
        zone: str = "",
        keys: str = "Ctrl S",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, note, parent=parent)
        self.draft = draft
        self.form = RecordForm(draft, lines, choices=choices, zone=zone)
        self.foot = FootBar()
        self.foot.setObjectName("cardfoot")
        self.body.addWidget(self.form)
        self.body.addStretch(1)
        self.body.addWidget(self.foot)
        self.bar = SaveBar(self.foot, self.form, save, done=done, verb=verb or self.tr("Save"), keys=keys)
