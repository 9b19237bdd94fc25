"""What an operator sees and relies on: readiness, metrics, request ids, JSON logs without secrets, the description of
the service, a stop in good order, and two nodes on one database. Over real sockets.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio import to_thread

from core.base.ids import new_id
from core.cloud import admin, service
from core.cloud.app import create_app
from core.cloud.json_logs import JsonFormatter, TextFormatter
from core.cloud.limits import FREE_FAILURES
from core.wire import codec
from core.wire.messages import PushBatch
from tests.cloud.postgres import Postgres
from tests.cloud.served import Person, person, served
from tests.cloud.test_every_route import AIMS, routes
from tests.cloud.test_migrations import settings
from tests.history.world import PASSWORD

pytestmark = pytest.mark.timeout(300)  # generous: a loaded machine takes ten times as long

ZSTD = {"content-type": codec.Packing.ZSTD.value}


def a_push(replica: str) -> bytes:
    return codec.pack(PushBatch(proto=1, schema=1, replica=replica, acked_n=0, muts=[]))


def with_anna(cloud: Any) -> None:
    admin.create_installer(cloud, name="North", user="anna", password=PASSWORD)


# ------------------------------------------------------------------------------------------------------------ watching


async def test_every_answer_carries_the_id_of_its_request(tmp_path: Path) -> None:
    async with served(tmp_path) as world, httpx.AsyncClient(base_url=world.url) as http:
        given = await http.get("/v1/health", headers={"x-request-id": "from-the-proxy.1"})
        assert given.headers["x-request-id"] == "from-the-proxy.1"
        for bad in ("", "two words", "x" * 65, 'quote"'):
            answer = await http.get("/v1/account", headers={"x-request-id": bad})
            assert answer.status_code == 401
            assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


def numbers(text: str) -> dict[str, float]:
    """The samples of Prometheus' text format; a line of another shape fails."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            assert re.fullmatch(r"# TYPE [a-z_]+ (counter|gauge|histogram)", line)
            continue
        match = re.fullmatch(r'([a-z_]+(?:\{[a-z_]+="[^"\n]*"(?:,[a-z_]+="[^"\n]*")*\})?) ([0-9.e+-]+)', line)
        assert match, line
        assert match.group(1) not in found, line
        found[match.group(1)] = float(match.group(2))
    return found


async def test_metrics_count_requests_by_template_and_tell_nobodys_name(tmp_path: Path) -> None:
    async with served(tmp_path) as world:
        with_anna(world.cloud)
        async with person(world, "anna") as anna:
            for _ in range(3):
                await anna.ask("DELETE", f"/accounts/{new_id()}")
            await anna.http.get("/v1/no-such-thing")
            text = (await anna.http.get("/v1/metrics")).text
    found = numbers(text)
    route = 'method="DELETE",route="/v1/accounts/{id}",status="404"'
    assert found[f"gatewright_requests_total{{{route}}}"] == 3
    assert found['gatewright_requests_total{method="GET",route="unmatched",status="404"}'] == 1
    assert found['gatewright_request_seconds_count{route="/v1/accounts/{id}"}'] == 3
    assert found['gatewright_request_seconds_bucket{route="/v1/accounts/{id}",le="+Inf"}'] == 3
    assert (found["gatewright_sessions"], found["gatewright_tenants"], found["gatewright_ready"]) == (1, 1, 1)
    assert found['gatewright_mails{state="waiting"}'] == 0
    assert "anna" not in text
    assert "no-such-thing" not in text


async def test_metrics_want_the_token_where_one_is_set(tmp_path: Path) -> None:
    tried = ("", "Bearer wrong", "Bearer for prometheus")
    async with (
        served(tmp_path, metrics_token="for prometheus") as world,
        httpx.AsyncClient(base_url=world.url) as http,
    ):
        headers = [{"authorization": value} if value else {} for value in tried]
        answers = [(await http.get("/v1/metrics", headers=one)).status_code for one in headers]
    assert answers == [403, 403, 200]


async def test_metrics_are_not_for_other_machines(tmp_path: Path) -> None:
    app = create_app(settings(f"sqlite:///{tmp_path / 'c.db'}", tmp_path))
    async with app.router.lifespan_context(app):
        wire = httpx.ASGITransport(app=app, client=("192.0.2.9", 1))
        async with httpx.AsyncClient(transport=wire, base_url="http://cloud.localhost") as http:
            assert (await http.get("/v1/metrics")).json()["code"] == "metrics.not_allowed"


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the service would write on stderr, in JSON and as text."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.extend([JsonFormatter().format(record), TextFormatter().format(record)])

    kept: list[str] = []
    handler, root = Keep(), logging.getLogger("core.cloud")
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield kept
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.allow_logs("failed")
async def test_logs_are_json_and_hold_no_secret(
    tmp_path: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("insert failed: PIN 4711, password correct-horse")

    async with served(tmp_path) as world:
        with_anna(world.cloud)
        async with person(world, "anna") as anna:
            await Person(anna.http, "anna", "wrong wrong").sign_in()
            monkeypatch.setattr(service, "push", explode)
            headers = {**anna.signed, **ZSTD, "x-request-id": "the-one"}
            answer = await anna.http.post("/v1/sync/push", content=a_push(anna.replica), headers=headers)
            assert answer.status_code == 500
            assert anna.session is not None
            secrets = [PASSWORD, "wrong wrong", anna.session.access_token, anna.session.refresh_token]
    found = [json.loads(line) for line in lines if line.startswith("{")]
    [answered] = [one for one in found if one.get("request") == "the-one" and "status" in one]
    assert (answered["route"], answered["status"], answered["level"]) == ("/v1/sync/push", 500, "info")
    [fault] = [one for one in found if one.get("fault")]
    assert (fault["fault"], fault["request"]) == ("RuntimeError", "the-one")
    assert any("explode" in place for place in fault["where"])
    whole = "\n".join(lines)
    assert not [secret for secret in [*secrets, "4711", "correct-horse"] if secret in whole]


# -------------------------------------------------------------------------------------------------------- description


async def test_the_description_is_complete(tmp_path: Path) -> None:
    async with served(tmp_path) as world, httpx.AsyncClient(base_url=world.url) as http:
        document = (await http.get("/v1/openapi.json")).json()
    told = {
        (verb.upper(), path): what
        for path, verbs in document["paths"].items()
        for verb, what in verbs.items()
    }
    assert set(told) == set(routes()) == set(AIMS)
    schemas = document["components"]["schemas"]
    for (method, path), what in told.items():
        assert what["summary"], path
        assert what["description"], path
        answers = what["responses"]
        done = next((answers[code] for code in ("200", "204") if code in answers), None)
        assert done is not None, path
        if path not in {"/v1/health", "/v1/ready", "/v1/metrics"}:
            assert "default" in answers, f"{method} {path} does not say how it refuses"
        if method == "PATCH" or path == "/v1/sync/push":
            assert what["requestBody"]["content"], path
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert used <= set(schemas)
    for name in ("SignIn", "Session", "PushBatch", "PullPage", "AccountInfo", "FirmInfo", "Failure"):
        assert schemas[name], name


# ------------------------------------------------------------------------------------------------------- stop, nodes


async def test_a_push_on_its_way_ends_and_new_work_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, real = threading.Event(), threading.Event(), service.push

    def slow(*arguments: Any) -> Any:
        begun.set()
        assert go_on.wait(40)
        return real(*arguments)

    monkeypatch.setattr(service, "push", slow)
    async with served(tmp_path) as world:
        with_anna(world.cloud)
        async with person(world, "anna") as anna, person(world, "anna") as other:
            headers = {**anna.signed, **ZSTD}
            pushing = asyncio.get_running_loop().create_task(
                anna.http.post("/v1/sync/push", content=a_push(anna.replica), headers=headers)
            )
            assert await to_thread.run_sync(begun.wait, 40)
            world.service.stop()
            async with asyncio.timeout(40):
                while not world.service._app.state.draining:  # noqa: ASYNC110  uvicorn looks ten times a second
                    await asyncio.sleep(0.01)
            try:
                late = (await other.ask("GET", "/account")).status_code
            except httpx.TransportError:
                late = 503  # the listening socket or the idle connection is closed already
            assert late == 503
            go_on.set()
            assert (await pushing).status_code == 200
    assert world.stopped.done()


async def test_a_node_that_is_being_stopped_is_not_ready(tmp_path: Path) -> None:
    async with served(tmp_path) as world, httpx.AsyncClient(base_url=world.url) as http:
        assert (await http.get("/v1/ready")).json() == {"status": "ready"}
        world.service._app.state.draining = True
        answer = await http.get("/v1/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, "cloud.stopping")
        assert answer.headers["retry-after"] == "1"
        assert (await http.get("/v1/health")).status_code == 200, "it lives"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_two_nodes_are_one_service(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "sqlite":
        await check_two_nodes(tmp_path, f"sqlite:///{tmp_path / 'shared.db'}")
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        await check_two_nodes(tmp_path, url)


async def check_two_nodes(folder: Path, url: str) -> None:
    async with served(folder, url=url) as one, served(folder, url=url, clock=one.clock) as two:
        with_anna(one.cloud)
        async with person(one, "anna") as anna, httpx.AsyncClient(base_url=two.url, timeout=40) as there:
            elsewhere = Person(there, "anna", session=anna.session)
            assert (await elsewhere.must("GET", "/account"))["user"] == "anna"
            for number in range(FREE_FAILURES):
                http = (anna.http, there)[number % 2]
                assert (await Person(http, "anna", "wrong wrong").sign_in()).status_code == 401
            assert (await Person(there, "anna").sign_in()).json()["code"] == "session.locked"
            await elsewhere.must("DELETE", "/sessions")
            assert (await anna.ask("GET", "/account")).status_code == 401
