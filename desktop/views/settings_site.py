"""The tab Site of the page Settings, for a property manager: its site's own settings (SET-01, ACC-17).

Installers have them on the page Sites, beside what a site consists of.
"""

from __future__ import annotations

from core.entities.site import SITE, Site, SiteKind
from core.usecases import generic
from desktop.models.desk import Desk
from desktop.models.record_draft import RecordDraft
from desktop.models.site_form import form_groups, site_choices, site_draft
from desktop.views.device_tabs import Scrolled
from desktop.views.form_card import FormCard
from desktop.views.record_form import Beside, Heading, Row
from desktop.views.widgets.base import clear, column
from desktop.views.widgets.paragraph import Paragraph


class SiteTab(Scrolled):
    """The chosen site's settings for its property manager (SET-01): what is the installer's is locked and says so."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.card: FormCard | None = None
        self._site_id = ""
        self._filled = column(gap=0)
        self.body.addLayout(self._filled)
        desk.sites.chosen.connect(self.show_site)
        desk.sites.listed.connect(self.show_site)

    def show_site(self) -> None:
        """Show the chosen site; what was typed stays with its site."""
        site = self.desk.sites.site
        actor = self.desk.ctx.actor
        if site is None or actor is None:
            self._empty()
            return
        fresh = site_draft(site, actor.role)
        if self.card is not None and self._site_id == site.id:
            self.card.draft.rebase_on(fresh)
            return
        clear(self._filled)
        self._site_id = site.id
        draft = self.desk.draft(f"site:{site.id}", fresh)
        self.card = FormCard(
            site.name,
            draft,
            site_lines(draft, site.kind),
            lambda: generic.put_row(self.desk.ctx, SITE, draft.changes(), row_id=site.id),
            done=self._saved,
            choices=site_choices(),
            note=self.tr("what has a lock is the installer's"),
            zone=self.desk.sites.zone,
        )
        self._filled.addWidget(self.card)

    def _empty(self) -> None:
        clear(self._filled)
        self.card, self._site_id = None, ""
        self._filled.addWidget(Paragraph(self.tr("Choose a site first."), "help", "t2"))

    def _saved(self, site: Site) -> None:
        self.desk.drafts.pop(f"site:{site.id}", None)
        words = self.tr("It is sent when there is a network.")
        self.desk.notice("waiting", self.tr("Saved on this laptop"), words)


def site_lines(draft: RecordDraft, kind: SiteKind) -> list[Row]:
    """The groups of a site's form in two columns of about one height."""
    groups: list[list[Row]] = []
    for title, members in form_groups(kind):
        lines: list[Row] = [Heading(title)]
        for line in members:
            names = (line,) if isinstance(line, str) else line
            if kept := tuple(name for name in names if name in draft.fields):
                lines.append(kept)
        if len(lines) > 1:
            groups.append(lines)
    whole = sum(len(group) for group in groups)
    found: list[Row] = []
    for group in groups:
        if len(found) * 2 >= whole and not any(isinstance(line, Beside) for line in found):
            found.append(Beside())
        found += group
    return found
