"""Fixture of every window test: the theme, light, dense, unscaled and without movement, whatever the last test left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from desktop.qt.theme import Theme


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Theme]:
    """Return the installed theme; nothing moves, so that no test waits for a movement."""
    # Imported here, because tests of the core must run without Qt's libraries.
    from PySide6.QtCore import Qt  # noqa: PLC0415

    from desktop.qt.theme import Density, Mode, Theme  # noqa: PLC0415

    theme = Theme.install(qapp, Mode.LIGHT)
    theme.set_reduce_motion(reduce=True)
    yield theme
    theme.set_mode(Mode.LIGHT)
    theme.set_density(Density.DENSE)
    theme.set_scale(1.0)
    theme.set_reduce_motion(reduce=True)
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
