"""Edits that were made under older declarations, brought to the present ones, one step per schema (sync.md 3.12).

A field or entity that was only added needs no step: what an older program does not know, it does not send.
"""

from __future__ import annotations

from collections.abc import Callable

from core.wire.messages import SCHEMA, Mutation

OLDEST = 1
"""The oldest schema whose edits are taken; older programs are told to update."""

Step = Callable[[Mutation], Mutation]
STEPS: dict[int, Step] = {}
"""By schema: what brings an edit of that schema to the next one (a field renamed, a unit changed)."""


def upgraded(m: Mutation, batch_schema: int, *, to: int = SCHEMA) -> Mutation:
    """The edit as the present declarations would have it. Its mark, number and version stay."""
    for schema in range(m.schema or batch_schema, to):
        step = STEPS.get(schema)
        m = step(m) if step else m
    return m
