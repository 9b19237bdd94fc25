"""The cloud core: accounts, judging of pushed edits, the feed, files. Nothing else imports it (DESIGN.md)."""
