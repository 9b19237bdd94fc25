"""Mails: from the queue to a real server, tried again, sealed while they wait, sent by one of two nodes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.base.errors import UserError
from core.cloud.account_tables import MAIL
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.mail import MOST_TRIES, Letter, Mailer, queue
from core.cloud.settings import MAIL_VARIABLE, is_address, mail_settings
from tests.cloud.bench import settings_like
from tests.cloud.letters import post_office
from tests.history.world import ManualClock

SECRET = "code-of-gold"


def put(cloud: Cloud, count: int = 1) -> None:
    with cloud.database.write() as c:
        for number in range(count):
            queue(cloud, c, Letter(f"p{number}@home.example", "Hello", f"Grüße: {SECRET}\n"))


def states(cloud: Cloud) -> list[tuple[str, int]]:
    with cloud.database.read() as c:
        return [(r.state, r.tries) for r in c.execute(select(MAIL).order_by(MAIL.c.id))]


@pytest.mark.allow_logs("login_data is deprecated")  # the mail server of the test says so
async def test_a_mail_arrives_with_its_words_and_is_gone_from_the_queue(cloud: Cloud) -> None:
    async with post_office(user="us", password="pw") as letters:
        put(cloud)
        assert await Mailer(cloud, letters.settings).send_due() == 1
    assert letters.logins == [True]
    [(to, message)] = letters.got
    assert (to, message["Subject"], message["From"]) == (
        "p0@home.example",
        "Hello",
        "cloud@gatewright.example",
    )
    assert f"Grüße: {SECRET}" in message.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert message["Message-ID"]
    assert states(cloud) == [("sent", 1)]
    with cloud.database.read() as c:
        assert c.execute(select(MAIL.c.sealed)).scalars().all() == [b""]


async def test_a_waiting_mail_stands_sealed(cloud: Cloud) -> None:
    put(cloud)
    with cloud.database.read() as c:
        assert SECRET not in str(c.execute(select(MAIL)).all())


@pytest.mark.allow_logs("was not taken")
async def test_a_mail_that_is_refused_is_tried_again_later_and_not_sooner(cloud: Cloud) -> None:
    clock = cloud.clock
    assert isinstance(clock, ManualClock)
    async with post_office(refusing=2) as letters:
        put(cloud)
        mailer = Mailer(cloud, letters.settings)
        assert await mailer.send_due() == 1
        assert await mailer.send_due() == 0, "not at once"
        clock.moment += timedelta(seconds=6)
        assert await mailer.send_due() == 1
        clock.moment += timedelta(seconds=6)
        assert await mailer.send_due() == 0, "pauses grow"
        clock.moment += timedelta(seconds=10)
        assert await mailer.send_due() == 1
        assert len(letters.got) == 1
    assert states(cloud) == [("sent", 3)]


@pytest.mark.allow_logs("was not taken")
async def test_a_server_that_never_answers_is_given_up_and_told(cloud: Cloud) -> None:
    clock = cloud.clock
    assert isinstance(clock, ManualClock)
    async with post_office() as letters:
        gone = letters.settings
    put(cloud)
    mailer = Mailer(cloud, gone)
    for _ in range(MOST_TRIES):
        assert await mailer.send_due() == 1
        clock.moment += timedelta(hours=1, seconds=1)
    assert states(cloud) == [("failed", MOST_TRIES)]
    assert await mailer.send_due() == 0


async def test_two_nodes_send_each_mail_once(cloud: Cloud) -> None:
    other = open_cloud(settings_like(cloud))
    async with post_office() as letters:
        put(cloud, 30)
        nodes = [Mailer(one, letters.settings) for one in (cloud, other)]

        async def all_of(mailer: Mailer) -> None:
            while await mailer.send_due():
                pass

        await asyncio.gather(*map(all_of, nodes))
    other.close()
    assert sorted(to for to, _ in letters.got) == sorted(f"p{n}@home.example" for n in range(30))


def test_the_settings_are_one_address(tmp_path: Path) -> None:
    made = mail_settings("smtp://a%40b:s%3Acret@mail.example:2525?from=cloud@b.example&tls=tls")
    assert made is not None
    assert (made.host, made.port, made.user, made.password) == ("mail.example", 2525, "a@b", "s:cret")
    assert (made.sender, made.tls) == ("cloud@b.example", "tls")
    assert "cret" not in repr(made)
    assert mail_settings("  ") is None
    for wrong in ("mail.example", "smtp://mail.example", "smtp://m.example?from=a@b.example&tls=maybe"):
        with pytest.raises(UserError, match=MAIL_VARIABLE):
            mail_settings(wrong)


@pytest.mark.parametrize(
    "text,good",
    [
        ("a@b.example", True), ("a.b+c@mail.b.example", True), ("", False), ("a", False), ("a@", False),
        ("a@b.example\nBcc: x@y.example", False), ("a@b.example, c@d.example", False), ("a b@c.example", False),
    ],
)  # fmt: skip
def test_an_address_is_one_address(text: str, good: bool) -> None:
    assert is_address(text) is good
