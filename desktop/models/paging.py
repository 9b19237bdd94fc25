"""Pages of a list that scrolls: which one is shown, how many there are, where one begins, what was typed to go to.

A page is a stretch of so many lines: as many as the window shows, or a number that the person chose (ACC-19). No Qt.
"""

from __future__ import annotations

from dataclasses import dataclass

from desktop.models.words import number_word, translate

LINES = (0, 10, 20, 50, 100)
"""What a page may hold; 0: as many lines as fit."""
ROW = "#"
"""What stands before the number of a row, where a number alone is that of a page."""


@dataclass(frozen=True, slots=True)
class Paging:
    """`total` lines, `fits` of them in sight, the first of those `top` (from 0), and `lines` chosen for a page.

    `end`: the last line is in sight.
    """

    total: int
    fits: int
    top: int = 0
    lines: int = 0
    end: bool = False

    @property
    def size(self) -> int:
        """Lines of a page."""
        return self.lines or max(1, self.fits)

    @property
    def needed(self) -> bool:
        """Whether there is more than is in sight."""
        return self.total > self.fits

    @property
    def last(self) -> int:
        """The last line in sight, counted from 1."""
        return self.total if self.end else min(self.total, self.top + max(1, self.fits))

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // self.size))

    @property
    def page(self) -> int:
        """The page in sight, from 1: that of the first line, and the last page once the end is in sight."""
        return self.pages if self.last >= self.total else self.top // self.size + 1

    def row_of(self, page: int) -> int:
        """The first line of a page, from 0; of the nearest one where there is no such page."""
        return (min(max(page, 1), self.pages) - 1) * self.size

    def beside(self, by: int) -> int:
        """The first line of the page after (1) or before (-1)."""
        if by < 0 and self.page == self.pages and self.last >= self.total:
            # The end may be in sight before its page begins: one page back from where the window stands.
            return max(0, self.top - self.size)
        return self.row_of(self.page + by)

    def wanted(self, text: str) -> tuple[int, str]:
        """The line asked for, from 0, by `12` (a page) or `#340` (a row); -1 and why where there is none."""
        plain = text.strip()
        digits = "".join(c for c in plain if c.isdecimal())
        if not digits or len(digits) > 12:
            return -1, translate("A page is a number; a row has # before it.")
        number = int(digits)
        if plain.startswith(ROW):
            if 1 <= number <= self.total:
                return number - 1, ""
            return -1, translate("There are rows 1 to {0}.").format(number_word(self.total))
        if 1 <= number <= self.pages:
            return self.row_of(number), ""
        return -1, translate("There are pages 1 to {0}.").format(number_word(self.pages))
