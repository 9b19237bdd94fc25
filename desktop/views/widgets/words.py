"""The word that stands beside a mark: verdicts from the closed list, states, each one fixed word per language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.models.words import verdict_word


def mark_word(word: str) -> str:
    """Give the word of a verdict or of a state (running, todo, stale) in the window's language."""
    states = {
        "running": QCoreApplication.translate("words", "running"),
        "todo": QCoreApplication.translate("words", "not begun"),
        "stale": QCoreApplication.translate("words", "proof is old"),
    }
    return states.get(word) or verdict_word(word)
