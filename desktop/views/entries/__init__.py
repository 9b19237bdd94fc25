"""One module a page, each with `ENTRY` (or `ENTRIES`): see desktop.views.registry. No page is drawn here."""
