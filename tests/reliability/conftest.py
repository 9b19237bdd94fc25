"""Fixtures of the fault table's tests: the firm of the sync tests."""

from __future__ import annotations

from tests.sync.conftest import anna, ben, home, w

__all__ = ["anna", "ben", "home", "w"]
