"""The description of the service (OpenAPI): each route's messages as schemas, made from the types that are parsed."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from core.wire.codec import Packing
from core.wire.messages import Failure

Kind = type[msgspec.Struct]
_REF = "#/components/schemas/{name}"
_PACKED = tuple(p.value for p in Packing)
_known: dict[str, Kind] = {Failure.__name__: Failure}


def described(
    takes: Kind | None, gives: Kind | None, *, packed: bool = False, file: str = ""
) -> dict[str, Any]:
    """What a route says about itself: `takes` and `gives` as schemas; `file`: `in` or `out` where bytes travel."""
    kinds = _PACKED if packed else ("application/json",)
    for kind in (takes, gives):
        if kind is not None:
            _known[kind.__name__] = kind
    answers: dict[int | str, dict[str, Any]] = {"default": _answer("Refused, in words", Failure)}
    if gives is not None:
        answers[200] = _answer("Done", gives, kinds)
    elif file == "out":
        content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        answers[200] = {"description": "The file", "content": content}
    extra: dict[str, Any] = {}
    if takes is not None:
        extra["requestBody"] = {"required": True, "content": _content(takes, kinds)}
    elif file == "in":
        content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        extra["requestBody"] = {"required": True, "content": content}
    return {"responses": answers, "openapi_extra": extra}


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole document, with the schemas of all messages."""
    if not app.openapi_schema:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        _, schemas = msgspec.json.schema_components(_known.values(), ref_template=_REF)
        parts = document.setdefault("components", {})
        parts.setdefault("schemas", {}).update(schemas)
        parts["securitySchemes"] = {"session": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"session": []}]
        app.openapi_schema = document
    return app.openapi_schema


def _answer(words: str, kind: Kind, kinds: tuple[str, ...] = ("application/json",)) -> dict[str, Any]:
    return {"description": words, "content": _content(kind, kinds)}


def _content(kind: Kind, kinds: tuple[str, ...]) -> dict[str, Any]:
    return {one: {"schema": {"$ref": _REF.format(name=kind.__name__)}} for one in kinds}
