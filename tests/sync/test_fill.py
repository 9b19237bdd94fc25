"""The first fill of many scopes: small ones share a page, withdrawn ones are passed over, old clouds are understood."""

from __future__ import annotations

from typing import Any

import pytest

from core.base.errors import NotAllowedError
from core.base.ids import new_id
from core.entities.site import BUILDING
from core.store import apply
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.wire.messages import FillRequest, PullPage, PullRequest, ScopeGrant, WireRow
from sync import pull
from sync.pull import Puller


class Cloud:
    """A cloud of one firm's scopes with some rows each, as far as a Puller sees it. `old`: a scope a page."""

    def __init__(self, sizes: dict[str, int], *, old: bool = False) -> None:
        self.rows = {
            s: [WireRow(4, new_id(), s, 1, "p", [s, f"B{n}"]) for n in range(c)] for s, c in sizes.items()
        }
        self.old = old
        self.denied: set[str] = set()
        self.asked: list[FillRequest] = []

    async def pull(self, request: PullRequest) -> PullPage:
        grants = [ScopeGrant(scope, "site", scope, 1) for scope in self.rows]
        more: dict[str, Any] = {} if request.epoch else {"scopes": grants}
        return PullPage(
            epoch="e", head=1000, next=1000, more=False, rows=[], tenant="t", access_seq=1, **more
        )

    async def fill(self, request: FillRequest) -> PullPage:
        self.asked.append(request)
        if request.scope in self.denied:
            raise NotAllowedError("scope_denied", "You have no access to this site any more.")
        found, filled, partial, last = list[WireRow](), list[str](), "", request.to
        for scope in (request.scope, *(() if self.old else request.then)):
            if scope in self.denied:
                continue
            start = request.after if scope == request.scope else 0
            room = request.max_rows - len(found)
            piece = self.rows[scope][start : start + room]
            found += piece
            if len(piece) >= room:
                partial, last = scope, start + len(piece)
                break
            filled.append(scope)
        told: dict[str, Any] = {} if self.old else {"filled": filled, "partial": partial}
        return PullPage(epoch="e", head=1000, next=last, more=bool(partial), rows=found, **told)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "PAGE", 10)


async def run(mirror: Mirror, cloud: Cloud) -> int:
    return await Puller(mirror, cloud).run()  # type: ignore[arg-type]


async def live(mirror: Mirror) -> set[str]:
    return {s.scope for s in await mirror.read(lambda r: apply.scopes(r, "live"))}


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("sizes", [[0], [1, 2, 3], [10, 10], [25, 3, 0, 9, 10, 11], [0, 0, 0]])
async def test_every_row_of_every_scope_arrives(mirror: Mirror, sizes: list[int], old: bool) -> None:
    cloud = Cloud({f"s{n}": size for n, size in enumerate(sizes)}, old=old)
    assert await run(mirror, cloud) == sum(sizes)
    assert {r.id for r in await mirror.read(lambda r: r.find(BUILDING))} == {
        row.id for rows in cloud.rows.values() for row in rows
    }
    assert await live(mirror) == set(cloud.rows)


async def test_small_scopes_share_a_page(mirror: Mirror) -> None:
    cloud = Cloud({f"s{n}": 3 for n in range(20)})
    assert await run(mirror, cloud) == 60
    assert len(cloud.asked) <= 7


async def test_a_scope_that_was_withdrawn_is_passed_over(mirror: Mirror) -> None:
    cloud = Cloud({f"s{n}": 4 for n in range(6)})
    cloud.denied = {"s0", "s3", "s5"}
    assert await run(mirror, cloud) == 12
    assert await live(mirror) == {"s1", "s2", "s4"}


async def test_a_fill_that_breaks_off_goes_on_where_it_was(mirror: Mirror) -> None:
    cloud = Cloud({"s0": 35, "s1": 5})
    whole, broken = cloud.fill, 0

    async def breaking(request: FillRequest) -> PullPage:
        nonlocal broken
        if request.after == 20 and not broken:
            broken += 1
            raise ConnectionError
        return await whole(request)

    cloud.fill = breaking  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await run(mirror, cloud)
    asked_before = len(cloud.asked)
    assert await run(mirror, cloud) == 20
    assert cloud.asked[asked_before].after == 20
    assert len(await mirror.read(lambda r: r.find(BUILDING))) == 40


async def test_answers_to_something_else_do_not_go_on_for_ever(mirror: Mirror) -> None:
    cloud = Cloud({"s0": 3, "s1": 3})

    async def strange(request: FillRequest) -> PullPage:
        return PullPage(epoch="e", head=1, next=1, more=False, rows=[], filled=["other"])

    cloud.fill = strange  # type: ignore[method-assign]
    assert await run(mirror, cloud) == 0
    assert await live(mirror) == set()
    assert await mirror.write(lambda tx: len(apply.scopes(tx, "fill")), origin=Origin.PULL) == 2
