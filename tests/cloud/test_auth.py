"""Signing in and out, lock-out, the two tokens and their exchange (ACC-01, ACC-11)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.base.errors import NotAllowedError, SignInError, UserError
from core.base.ids import new_id
from core.cloud import admin, auth, db
from core.cloud.cloud import Cloud
from core.cloud.settings import PasswordCost
from core.entities.organisation import ACCOUNT, Role
from core.wire.messages import Session, SignIn
from tests.cloud.bench import settings_like
from tests.history.world import PASSWORD, ManualClock


def sign_in(
    cloud: Cloud, user: str = "anna", password: str = PASSWORD, replica: str | None = None
) -> Session:
    return auth.sign_in(cloud, SignIn(user=user, password=password, replica=replica or new_id()))


def pass_time(cloud: Cloud, seconds: float) -> None:
    assert isinstance(cloud.clock, ManualClock)
    cloud.clock.moment += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def _firm(cloud: Cloud) -> None:
    admin.create_installer(cloud, name="North", user="Anna", password=PASSWORD, full_name="Anna Berg")


def test_a_session_says_who_it_is(cloud: Cloud) -> None:
    session = sign_in(cloud, " ANNA ")
    who = auth.who_is(cloud, session.access_token)
    assert (who.user, who.full_name, who.role) == ("anna", "Anna Berg", Role.INSTALLER)
    assert (session.account_id, session.org_id, session.tenant) == (who.account, who.org, who.tenant)
    assert session.access_token not in repr(session)


def test_unknown_name_and_wrong_password_are_told_alike(cloud: Cloud) -> None:
    words = set()
    for user, password in (("anna", "wrong password"), ("nobody", PASSWORD), ("", "")):
        with pytest.raises(SignInError) as caught:
            sign_in(cloud, user, password)
        words.add((caught.value.code, caught.value.message))
    assert words == {("session.refused", "User name or password is not right.")}


@pytest.mark.parametrize("user", ["anna", "nobody"])
def test_too_many_failures_lock_a_name_known_or_not(cloud: Cloud, user: str) -> None:
    for _ in range(auth.FREE_FAILURES):
        with pytest.raises(SignInError, match="not right"):
            sign_in(cloud, user, "wrong password")
    with pytest.raises(SignInError) as locked:
        sign_in(cloud, user, PASSWORD)
    assert locked.value.code == "session.locked"
    pass_time(cloud, 61)
    if user == "anna":
        assert sign_in(cloud).user == "anna"
        with pytest.raises(SignInError, match="not right"):
            sign_in(cloud, user, "wrong password")


def test_locks_grow_and_end(cloud: Cloud) -> None:
    for _ in range(auth.FREE_FAILURES + 8):
        with pytest.raises(SignInError):
            sign_in(cloud, password="wrong password")
        pass_time(cloud, auth.LONGEST_LOCK_MS / 1000 + 1)
    assert sign_in(cloud).user == "anna"


def test_an_access_token_ends_and_a_refresh_token_gives_new_ones(cloud: Cloud) -> None:
    session = sign_in(cloud)
    pass_time(cloud, cloud.settings.access_s + 1)
    with pytest.raises(SignInError) as ended:
        auth.who_is(cloud, session.access_token)
    assert ended.value.code == "session.ended"
    fresh = auth.refresh(cloud, session.refresh_token)
    assert auth.who_is(cloud, fresh.access_token).user == "anna"


def test_an_old_refresh_token_is_good_until_the_new_session_is_used(cloud: Cloud) -> None:
    session = sign_in(cloud)
    auth.refresh(cloud, session.refresh_token)  # this answer was lost on the way
    second = auth.refresh(cloud, session.refresh_token)
    auth.who_is(cloud, second.access_token)
    assert auth.refresh(cloud, second.refresh_token).user == "anna"


@pytest.mark.allow_logs("came again")
def test_a_spent_refresh_token_that_comes_again_ends_the_session_for_both(cloud: Cloud) -> None:
    session = sign_in(cloud)
    second = auth.refresh(cloud, session.refresh_token)
    auth.who_is(cloud, second.access_token)
    with pytest.raises(SignInError):
        auth.refresh(cloud, session.refresh_token)
    for ended in (second.access_token, second.refresh_token):
        with pytest.raises(SignInError):
            auth.who_is(cloud, ended)
    with pytest.raises(SignInError):
        auth.refresh(cloud, second.refresh_token)
    assert sign_in(cloud).user == "anna"


def test_a_refresh_token_ends_after_its_time(cloud: Cloud) -> None:
    session = sign_in(cloud)
    pass_time(cloud, cloud.settings.refresh_s + 1)
    with pytest.raises(SignInError):
        auth.refresh(cloud, session.refresh_token)


def test_signing_out_ends_both_tokens(cloud: Cloud) -> None:
    session = sign_in(cloud)
    auth.sign_out(cloud, auth.who_is(cloud, session.access_token))
    with pytest.raises(SignInError):
        auth.who_is(cloud, session.access_token)
    with pytest.raises(SignInError):
        auth.refresh(cloud, session.refresh_token)


def test_signing_in_again_ends_the_session_of_that_workstation_only(cloud: Cloud) -> None:
    replica = new_id()
    first, other = sign_in(cloud, replica=replica), sign_in(cloud)
    sign_in(cloud, replica=replica)
    with pytest.raises(SignInError):
        auth.who_is(cloud, first.access_token)
    assert auth.who_is(cloud, other.access_token).user == "anna"


def test_an_account_that_was_switched_off_is_told_so(cloud: Cloud) -> None:
    session = sign_in(cloud)
    with cloud.database.write() as c:
        c.execute(update(db.table_of(ACCOUNT)).values(active=0))
    with pytest.raises(NotAllowedError) as off:
        auth.who_is(cloud, session.access_token)
    assert off.value.code == "account.disabled"
    with pytest.raises(NotAllowedError):
        sign_in(cloud)


def test_a_lowered_role_counts_at_once(cloud: Cloud) -> None:
    session = sign_in(cloud)
    with cloud.database.write() as c:
        c.execute(update(db.table_of(ACCOUNT)).values(role=Role.MANAGER.value))
    assert auth.who_is(cloud, session.access_token).role is Role.MANAGER


def test_a_new_password_signs_out_everywhere(cloud: Cloud) -> None:
    session = sign_in(cloud)
    admin.set_password(cloud, user="anna", password="another password")
    with pytest.raises(SignInError):
        auth.who_is(cloud, session.access_token)
    assert sign_in(cloud, password="another password").user == "anna"


def test_passwords_have_a_length_and_names_are_single(cloud: Cloud) -> None:
    with pytest.raises(UserError) as short:
        admin.create_installer(cloud, name="South", user="carl", password="short")
    assert short.value.field == "password"
    with pytest.raises(UserError, match="taken"):
        admin.create_installer(cloud, name="South", user="ANNA", password=PASSWORD)
    assert [o["name"] for o in admin.show(cloud)["organisations"]] == ["North"], "half of a firm was made"


def test_hashes_are_made_anew_at_another_cost(cloud: Cloud) -> None:
    def stored() -> str:
        with cloud.database.read() as c:
            return str(c.execute(select(db.LOGIN.c.password_hash)).scalar_one())

    before = stored()
    assert before.startswith("$argon2id$")
    settings = settings_like(cloud, password_cost=PasswordCost(time_cost=2, memory_kib=16, parallelism=1))
    from core.cloud.cloud import open_cloud  # noqa: PLC0415

    stronger = open_cloud(settings)
    sign_in(stronger)
    stronger.close()
    assert "t=2" in stored()
    assert stored() != before


def test_tokens_stand_nowhere_in_the_database(cloud: Cloud) -> None:
    session = sign_in(cloud)
    with cloud.database.read() as c:
        rows = [str(tuple(row)) for table in db.METADATA.sorted_tables for row in c.execute(select(table))]
    assert rows
    assert not any(t in row for row in rows for t in (session.access_token, session.refresh_token, PASSWORD))


def test_a_workstation_without_a_proper_mark_is_refused(cloud: Cloud) -> None:
    with pytest.raises(SignInError):
        sign_in(cloud, replica="x")
