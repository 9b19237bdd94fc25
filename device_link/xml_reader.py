"""XML from the network, safely: no document types, no entities, bounded in size, depth and number of elements.

Names lose their namespace: devices disagree on prefixes and versions, the local names are what they agree on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from core.base.words import clean
from device_link.errors import NonsenseError

SIZE_LIMIT = 512 * 1024
_DEPTH_LIMIT = 40
_ELEMENTS_LIMIT = 5000
_TEXT_LIMIT = 4096


class _RefusedError(Exception):
    """The document has something that no device needs."""


@dataclass(slots=True)
class Element:
    """One element: local name, attributes by local name, its own text, its children."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    raw: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        """Every element of that local name below this one (itself included), in document order."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            if one.name == name:
                yield one
            waiting.extend(reversed(one.children))

    def find(self, *path: str) -> Element | None:
        """The first element below this one that is reached by names in turn, each at any depth below the last."""
        here: Element | None = self
        for name in path:
            here = next(here.all(name), None) if here is not None else None
        return here

    def text(self, *path: str, limit: int = 256) -> str:
        """The cleaned, cut text of `find(*path)`; empty when it is not there."""
        found = self.find(*path)
        return clean(found.raw, limit=limit) if found is not None else ""


def parse_xml(data: bytes, *, size_limit: int = SIZE_LIMIT) -> Element:
    """The root of a document; NonsenseError for anything that is not plain, bounded XML."""
    if len(data) > size_limit:
        raise NonsenseError(f"more than {size_limit} bytes of XML")
    reader = _Reader()
    # The encoding is fixed, so that nothing can hide behind another one.
    text = data.decode("utf-8", "replace").lstrip("\ufeff\x00 \t\r\n")
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.EntityDeclHandler = reader.entity
    try:
        parser.Parse(text.rstrip("\x00 \t\r\n").encode("utf-8"), True)
    except (expat.ExpatError, _RefusedError, ValueError) as fault:
        raise NonsenseError(f"something that is no XML ({clean(fault, limit=60)})") from fault
    if reader.root is None:
        raise NonsenseError("XML without an element")
    return reader.root


class _Reader:
    """Builds the tree from the parser's events."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _ELEMENTS_LIMIT or len(self._open) >= _DEPTH_LIMIT:
            raise _RefusedError("too many or too deep elements")
        element = Element(_local(name), {_local(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def characters(self, text: str) -> None:
        here = self._open[-1]
        here.raw += text[: max(_TEXT_LIMIT - len(here.raw), 0)]

    def doctype(self, *_facts: object) -> None:
        raise _RefusedError("a document type")

    def entity(self, *_facts: object) -> None:
        raise _RefusedError("an entity")


def _local(name: str) -> str:
    return name.rpartition(" ")[2].rpartition(":")[2]
