"""`gatewright cloud admin`: accounts, locks, second factors, grants, retention, numbers; and on the command line."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.base.errors import NotAllowedError, NotFoundError, SignInError
from core.base.ids import new_id
from core.cloud import account_log, admin, auth, operator, retention
from core.cloud.account_tables import ACCOUNT_LOG
from core.cloud.cloud import Cloud
from core.cloud.db import FEED, table_of
from core.entities.device import DEVICE
from core.entities.event import DOOR_EVENT
from core.wire.messages import Session, SignIn
from desktop.cli.main import parser
from desktop.cli.output import Output
from tests.cloud.bench import POSTGRES, Hand
from tests.history.world import PASSWORD, ManualClock

pytestmark = pytest.mark.timeout(300)  # generous: a loaded machine takes ten times as long


def sign_in(cloud: Cloud, password: str = PASSWORD) -> Session:
    return auth.sign_in(cloud, SignIn(user="anna", password=password, replica=new_id()))


def test_a_locked_account_is_out_everywhere_until_it_is_unlocked(anna: Hand, cloud: Cloud) -> None:
    session = sign_in(cloud)
    assert operator.lock(cloud, {"user": " Anna "}) == {"user": "anna", "locked": True}
    with pytest.raises(SignInError):
        auth.who_is(cloud, session.access_token)
    with pytest.raises(NotAllowedError, match="switched off"):
        sign_in(cloud)
    operator.unlock(cloud, {"user": "anna"})
    assert sign_in(cloud).user == "anna"
    told = [e.what for e in account_log.read(cloud, anna.who).entries]
    assert told[1:3] == ["operator.unlock", "operator.lock"]


def test_unlocking_lifts_the_lock_after_wrong_passwords(anna: Hand, cloud: Cloud) -> None:
    for _ in range(auth.FREE_FAILURES):
        with pytest.raises(SignInError):
            sign_in(cloud, "wrong wrong")
    [shown] = operator.accounts(cloud, {"user": "ann"})["accounts"]
    assert (shown["locked"], shown["failures"], shown["firm"]) == (True, 5, "Firm of anna")
    operator.unlock(cloud, {"user": "anna"})
    sign_in(cloud)
    [shown] = operator.accounts(cloud, {"user": "ann"})["accounts"]
    assert (shown["locked"], shown["failures"], shown["sessions"]) == (False, 0, 2)


def test_a_new_password_and_a_reset_factor_sign_out(anna: Hand, cloud: Cloud) -> None:
    session = sign_in(cloud)
    operator.set_password(cloud, {"user": "anna", "password": "another password"})
    with pytest.raises(SignInError):
        auth.who_is(cloud, session.access_token)
    session = sign_in(cloud, "another password")
    operator.reset_factor(cloud, {"user": "anna"})
    with pytest.raises(SignInError):
        auth.who_is(cloud, session.access_token)
    with pytest.raises(NotFoundError, match="nobody"):
        operator.lock(cloud, {"user": "nobody"})


def test_logs_are_kept_thirty_days_and_leave_the_mirrors_too(anna: Hand, cloud: Cloud) -> None:
    """LOG-07."""
    clock = cloud.clock
    assert isinstance(clock, ManualClock)
    device = anna.create(DEVICE, site_id=anna.site)
    old = anna.create(DOOR_EVENT, device_id=device.entity_id, at=clock.now())
    anna.must(device, old)
    clock.moment += timedelta(days=20)
    new = anna.create(DOOR_EVENT, device_id=device.entity_id, at=clock.now())
    anna.must(new)
    assert retention.run(cloud)["door events"] == 0
    clock.moment += timedelta(days=10, seconds=1)
    first = anna.pull()
    went = operator.run_retention(cloud, {})["removed"]
    assert (went["door events"], went["account log"]) == (1, 1)
    page = anna.pull(first.epoch, first.head)
    assert [(r.id, r.op) for r in page.rows] == [(old.entity_id, "d")]
    assert admin.check(cloud) == []
    clock.moment += timedelta(days=200)
    assert retention.run(cloud)["tombstones"] >= 1
    with cloud.database.read() as c:
        assert c.execute(select(func.count()).select_from(ACCOUNT_LOG)).scalar_one() == 0
        assert c.execute(select(FEED.c.entity_id).where(FEED.c.entity_id == old.entity_id)).all() == []
        assert c.execute(select(func.count()).select_from(table_of(DOOR_EVENT))).scalar_one() == 2


def test_numbers_tell_sizes_and_no_names(anna: Hand, cloud: Cloud) -> None:
    told = operator.numbers(cloud, {})
    assert (told["tenants"], told["rows"]["sites"], told["row_security"]) == (1, 1, bool(POSTGRES))
    assert "anna" not in json.dumps(told)
    assert operator.grants(cloud, {}) == {"grants": []}


@pytest.mark.allow_leaks(
    "threads", reason="the loop keeps the worker thread of asyncio.to_thread until it ends"
)
async def test_the_command_line_does_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = ("--database", f"sqlite:///{tmp_path / 'cloud.db'}")

    async def types(*words: str, stdin: str = "") -> Any:
        args = parser().parse_args([*words, *where])
        text = io.StringIO()
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        assert await args.bare(args, Output(as_json=True, out=text, err=io.StringIO())) == 0
        return json.loads(text.getvalue())

    firm = ("--name", "North", "--user", "anna", "--full-name", "Anna")
    await types("cloud", "admin", "create-installer", *firm, stdin=f"{PASSWORD}\n")
    assert (await types("cloud", "admin", "lock", "--user", "anna"))["locked"] is True
    [shown] = (await types("cloud", "admin", "accounts"))["accounts"]
    assert (shown["user"], shown["locked"]) == ("anna", True)
    (tmp_path / "p.txt").write_text("We keep little.", "utf-8")
    published = await types(
        "cloud", "admin", "policy", "--kind", "privacy", "--file", str(tmp_path / "p.txt")
    )
    assert published == {"kind": "privacy", "version": 1}
    told = await types("cloud", "backup", "--to", str(tmp_path / "b.gwb"))
    (tmp_path / "second.db.key").write_text((tmp_path / "cloud.db.key").read_text("ascii"), "ascii")
    where = ("--database", f"sqlite:///{tmp_path / 'second.db'}")
    loaded = await types("cloud", "restore", "--from", str(tmp_path / "b.gwb"))
    assert loaded["rows"] == told["rows"] > 0
    assert (await types("cloud", "admin", "check"))["fine"] is True
