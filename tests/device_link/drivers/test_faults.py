"""Everything that a device or a cable may do to the driver, each with the verdict or the error it must end in."""

from __future__ import annotations

import ssl
from dataclasses import replace

import pytest

from core.base.clock import SystemClock
from core.base.errors import (
    AmbiguousError,
    CancelledByPerson,
    DataError,
    RefusedError,
    SignInError,
    UnreachableError,
)
from core.base.verdict import Verdict
from core.entities.proof import ItemKind
from core.ports.device import Link
from core.rules.desired import WantedSetting
from core.rules.plan import ItemResult, wanted_only
from device_link.drivers.akuvox.gateway import AkuvoxGateway
from device_link.drivers.akuvox.pacing import FAST
from device_link.http import Limits
from device_link.simulator import SimLan, SimSpec
from device_link.simulator.faults import parse_fault
from tests.codes import stands_in
from tests.device_link.conftest import Desk, RawServer, changes_of, link_to, person, wanted

ONLY_PEOPLE = replace(
    wanted(people=9), settings=(), schedules=(), people=tuple(person(n) for n in range(1, 10))
)


async def lan_of(profile: str = "P1", *faults: str, **more: object) -> SimLan:
    return await SimLan.start([SimSpec(profile=profile, faults=faults)], **more)  # type: ignore[arg-type]


# ---------------------------------------------------------------------- shapes of answers


@pytest.mark.parametrize(
    "fault",
    ["trailing-bytes", "wrong-content-type", "bad-utf8", "retcode-one", "ids-as-int", "mac-format:dash"],
)
async def test_odd_answers_are_understood(desk: Desk, fault: str) -> None:
    async with await lan_of("P2", fault) as lan:
        judgements = await desk.bring(link_to(lan.devices[0]), wanted())
        assert {one.verdict for one in judgements} == {Verdict.PROVED}, [j for j in judgements if j.said]


@pytest.mark.parametrize("fault", ["slow:60", "one-connection", "stall-expect", "throttle:20"])
async def test_slow_and_shy_devices_are_served(desk: Desk, fault: str) -> None:
    async with await lan_of("P1", fault) as lan:
        judgements = await desk.bring(link_to(lan.devices[0]), wanted())
        assert {one.verdict for one in judgements} == {Verdict.PROVED}


async def test_a_device_that_breaks_under_speed_is_asked_again() -> None:
    """`degrade` at the pace of real units: every second request would otherwise fail."""
    slow = replace(FAST, between_s=0.06, retry_s=0.1)
    gateway = AkuvoxGateway(SystemClock(), pacing=lambda _: slow)
    async with await lan_of("P1", "degrade:50") as lan:
        observed = await gateway.observe(link_to(lan.devices[0]), wanted(), frozenset())
        assert observed.identity.model == "X916S"


# ---------------------------------------------------------------------- who may speak


@pytest.mark.parametrize("fault", ["allowlist", "api-off"])
async def test_403_is_blocked_with_the_way_to_open_it(desk: Desk, fault: str) -> None:
    async with await lan_of("P1", fault) as lan:
        device = lan.devices[0]
        with pytest.raises(RefusedError) as caught:
            await desk.gateway.identify(link_to(device))
        assert caught.value.code == "device.blocked"
        assert "127.0.0.1" in caught.value.message
        assert device.url in caught.value.remedy
        assert "Security > HTTP API" in caught.value.remedy
        assert "Digest" in caught.value.remedy


@pytest.mark.parametrize("auth", ["basic", "digest"])
async def test_401_is_about_the_sign_in(desk: Desk, auth: str) -> None:
    async with await SimLan.start([SimSpec(profile="P1", auth=auth)]) as lan:
        with pytest.raises(SignInError) as caught:
            await desk.gateway.identify(link_to(lan.devices[0], password="wrong"))
        assert caught.value.code == "device.sign_in"
        assert "wrong" not in str(caught.value)
        with pytest.raises(SignInError, match="wants a user"):
            await desk.gateway.identify(link_to(lan.devices[0], user="", password=""))


async def test_a_redirect_to_https_is_followed(desk: Desk, device_tls: ssl.SSLContext) -> None:
    async with await lan_of("P2", "https-redirect", tls=device_tls) as lan:
        judgements = await desk.bring(link_to(lan.devices[0]), wanted())
        assert {one.verdict for one in judgements} == {Verdict.PROVED}


async def test_https_from_the_start(desk: Desk, device_tls: ssl.SSLContext) -> None:
    async with await lan_of("P2", tls=device_tls) as lan:
        link = link_to(lan.devices[0], url=lan.describe()[0]["https_url"])
        assert (await desk.gateway.identify(link)).model == "X912"


async def test_a_redirect_to_nowhere_is_named(desk: Desk) -> None:
    async with await lan_of("P2", "https-redirect") as lan:
        with pytest.raises((RefusedError, UnreachableError)) as caught:
            await desk.gateway.identify(link_to(lan.devices[0]))
        assert caught.value.code in {"device.https", "device.tls"}


# ---------------------------------------------------------------------- changes that do not stick


async def test_a_liar_is_not_believed(desk: Desk) -> None:
    """Every third user is answered with OK and never stored: those come out as `differs`, the others as proved."""
    async with await lan_of("P1", "drop-user:3") as lan:
        judgements = await desk.bring(link_to(lan.devices[0]), ONLY_PEOPLE)
        lost = [one for one in judgements if one.verdict is Verdict.DIFFERS]
        assert len(lost) == 3
        assert all("said yes" in one.said for one in lost)
        assert sum(one.verdict is Verdict.PROVED for one in judgements) == 6


async def test_an_ignored_setting_differs(desk: Desk) -> None:
    async with await lan_of("P1", "config-ignore:Config.DoorSetting.RELAY.NameA") as lan:
        judgements = await desk.bring(link_to(lan.devices[0]), wanted(people=0))
        by_title = {one.title: one.verdict for one in judgements}
        assert by_title.pop("Relay A name") is Verdict.DIFFERS
        assert set(by_title.values()) == {Verdict.PROVED}


async def test_an_unknown_raw_key_is_never_proved(desk: Desk) -> None:
    desired = replace(
        wanted(people=0),
        schedules=(),
        settings=(WantedSetting("Config.No.Such.Key", "Config.No.Such.Key", "1"),),
    )
    async with await lan_of("P1") as lan:
        [one] = await desk.bring(link_to(lan.devices[0]), desired)
        assert one.verdict in {Verdict.REFUSED, Verdict.DIFFERS}


async def test_full_device_refuses_the_rest_in_its_own_words(desk: Desk) -> None:
    async with await lan_of("P2", "max-users:5") as lan:
        judgements = await desk.bring(link_to(lan.devices[0]), ONLY_PEOPLE)
        assert sum(one.verdict is Verdict.PROVED for one in judgements) == 5
        refused = [one for one in judgements if one.verdict is Verdict.REFUSED]
        assert len(refused) == 4
        assert {one.said for one in refused} == {"maximum reached"}


@pytest.mark.parametrize("profile", ["P1", "P2"])
async def test_one_bad_record_does_not_take_the_others_with_it(desk: Desk, profile: str) -> None:
    bad = person(5, pins=("1",))
    people = tuple(bad if n == 5 else person(n) for n in range(1, 10))
    async with await lan_of(profile) as lan:
        judgements = await desk.bring(link_to(lan.devices[0]), replace(ONLY_PEOPLE, people=people))
        refused = [one for one in judgements if one.verdict is not Verdict.PROVED]
        assert [(one.title, one.verdict) for one in refused] == [("Person Number 5", Verdict.REFUSED)]
        assert refused[0].said == "error param"
        assert len(lan.devices[0].users) == 8
        adds = [one for one in desk.recorder.recent() if one.path == "/api/user/add"]
        assert len(adds) <= (1 if lan.devices[0].profile.item_results else 8)


async def test_a_code_that_a_leaving_person_still_has_is_given_on(desk: Desk) -> None:
    """The unit refuses a PIN twice; it is free once the old owner is gone, and then the new owner gets it."""
    async with await lan_of("P1", "unique-pins") as lan:
        link = link_to(lan.devices[0])
        await desk.bring(link, replace(ONLY_PEOPLE, people=(person(1, pins=("4711",)),)))
        judgements = await desk.bring(link, replace(ONLY_PEOPLE, people=(person(2, pins=("4711",)),)))
        assert {one.verdict for one in judgements} == {Verdict.PROVED}
        assert [one.name for one in lan.devices[0].users] == ["Person Number 2"]


@pytest.mark.parametrize("profile", ["P1", "R29"])
@pytest.mark.parametrize("turn", [{2: 4, 4: 2}, {1: 2, 2: 4, 4: 1}, {1: 3, 3: 1, 2: 4, 4: 2}])
async def test_people_exchange_codes_on_a_unit_that_wants_each_once(
    desk: Desk, profile: str, turn: dict[int, int]
) -> None:
    """Each would be refused while the other has it; one who wants a code that its owner keeps stays refused."""
    people = [person(n, pins=(f"471{n}",), cards=(f"A1B2C{n}",) if n % 2 else ()) for n in range(1, 5)]
    swapped = [
        replace(one, pins=people[turn.get(n, n) - 1].pins, cards=people[turn.get(n, n) - 1].cards)
        for n, one in enumerate(people, 1)
    ]
    async with await lan_of(profile, "unique-pins") as lan:
        link = link_to(lan.devices[0])
        await desk.bring(link, replace(ONLY_PEOPLE, people=tuple(people)))
        judgements = await desk.bring(link, replace(ONLY_PEOPLE, people=tuple(swapped)))
        assert {one.verdict for one in judgements} == {Verdict.PROVED}
        again = [*swapped[:-1], replace(swapped[-1], pins=(*swapped[-1].pins, *swapped[0].pins))]
        judgements = await desk.bring(link, replace(ONLY_PEOPLE, people=tuple(again)))
        found = {one.subject: one.verdict for one in judgements}
        assert found.pop(again[-1].subject) is Verdict.REFUSED
        assert set(found.values()) == {Verdict.PROVED}, "nobody lost a code for it"
        assert {u.user_id: u.pin for u in lan.devices[0].users} == {
            p.user_id: ";".join(p.pins) for p in swapped
        }


@pytest.mark.parametrize("fault", ["", "import-refused", "import-half", "max-users:7"])
async def test_an_empty_unit_is_filled_by_one_file_and_the_rest_by_requests(desk: Desk, fault: str) -> None:
    desk.gateway = AkuvoxGateway(
        SystemClock(), pacing=lambda _model: replace(FAST, bulk_from=8), recorder=desk.recorder
    )
    async with await lan_of("R29", *fault.split()) as lan:
        link = link_to(lan.devices[0])
        desired = replace(ONLY_PEOPLE, people=tuple(person(n) for n in range(1, 13)))
        judgements = await desk.bring(link, desired)
        proved = sum(one.verdict is Verdict.PROVED for one in judgements)
        assert proved == len(lan.devices[0].users) == (7 if fault.startswith("max") else 12)
        assert {one.verdict for one in judgements} <= {Verdict.PROVED, Verdict.REFUSED}
        imports = [one for one in desk.recorder.recent() if "user/import" in one.path]
        adds = [one for one in desk.recorder.recent() if one.path == "/api/user/add"]
        assert len(imports) == 1
        assert bool(adds) == bool(fault), "nothing is sent twice"
        assert not stands_in("400001", repr(desk.recorder.recent()))
        more = replace(desired, people=tuple(person(n) for n in range(1, 30)))
        await desk.bring(link, more)
        imports = [one for one in desk.recorder.recent() if "user/import" in one.path]
        assert len(imports) == 1, "a unit that holds somebody gets no file"


async def test_refusals_do_not_repeat_codes(desk: Desk) -> None:
    async with await lan_of("P1", "unique-pins") as lan:
        link = link_to(lan.devices[0])
        people = (person(1, pins=("4711",)), person(2, pins=("4711",)))
        judgements = await desk.bring(link, replace(ONLY_PEOPLE, people=people))
        assert [one.verdict for one in judgements] == [Verdict.PROVED, Verdict.REFUSED]
        assert "4711" not in judgements[1].said


async def test_a_device_that_fails_on_every_add_is_not_asked_for_each_person(desk: Desk) -> None:
    async with await lan_of("P3", "user-add-500") as lan:
        desired = replace(ONLY_PEOPLE, people=tuple(person(n) for n in range(1, 60)))
        judgements = await desk.bring(link_to(lan.devices[0]), desired)
        assert {one.verdict for one in judgements} == {Verdict.REFUSED}
        assert "500" in judgements[0].said
        adds = [one for one in desk.recorder.recent() if one.path == "/api/user/add"]
        assert len(adds) < 30


# ---------------------------------------------------------------------- broken connections


async def test_a_connection_cut_after_a_write_is_ambiguous_and_doubles_nobody(desk: Desk) -> None:
    async with await lan_of("P1") as lan:
        device = lan.devices[0]
        link = link_to(device)
        plan = await desk.plan(link, ONLY_PEOPLE)
        await device.fault("drop-after-write:1")
        results = await desk.apply(link, plan)
        assert {one.verdict for one in results} == {Verdict.AMBIGUOUS}
        assert len(device.users) == 9, "the change had been made; nothing was sent twice"
        judgements = await desk.bring(link, ONLY_PEOPLE)
        assert {one.verdict for one in judgements} == {Verdict.PROVED}
        assert len(device.users) == 9


async def test_what_was_not_reached_waits(desk: Desk) -> None:
    """Settings break: they are ambiguous, everything after them is waiting, and nothing of it was sent."""
    async with await lan_of("P1") as lan:
        device = lan.devices[0]
        plan = await desk.plan(link_to(device), wanted())
        await device.fault("drop-after-write:1")
        results = await desk.apply(link_to(device), plan)
        by_kind = {kind: {one.verdict for one in results if one.kind is kind} for kind in ItemKind}
        assert by_kind[ItemKind.SETTING] == {Verdict.AMBIGUOUS}
        assert by_kind[ItemKind.SCHEDULE] == by_kind[ItemKind.PERSON] == {Verdict.WAITING}
        assert device.users == []
        assert desk.reported == results


async def test_offline_is_unreachable(desk: Desk) -> None:
    async with await lan_of("P1", "offline") as lan:
        with pytest.raises(UnreachableError) as caught:
            await desk.gateway.identify(link_to(lan.devices[0]))
        assert not isinstance(caught.value, AmbiguousError)
        assert caught.value.code == "device.unreachable"


async def test_silence_ends_after_the_time_limit() -> None:
    quick = replace(FAST, retries=0, limits=Limits(connect_s=1.0, read_s=0.2, total_s=1.0))
    gateway = AkuvoxGateway(SystemClock(), pacing=lambda _: quick)
    async with await lan_of("P1", "half-reboot") as lan:
        with pytest.raises(UnreachableError, match="no answer in time"):
            await gateway.identify(link_to(lan.devices[0]))


async def test_the_cable_pulled_in_the_middle(desk: Desk) -> None:
    """The unit goes while people are sent: those on their way are unreachable, the rest waits."""
    async with await lan_of("P2") as lan:
        device = lan.devices[0]
        link = link_to(device)
        desired = replace(ONLY_PEOPLE, people=tuple(person(n) for n in range(1, 251)))
        plan = await desk.plan(link, desired)
        cuts = 0

        def pull_after_the_first_chunk() -> None:
            nonlocal cuts
            if len(device.users) >= 100 and not cuts:
                cuts += 1
                device.unit.faults.switch_on(parse_fault("drop-after-write"))

        results = await desk.gateway.apply(
            link, plan, report=lambda _: None, check_cancel=pull_after_the_first_chunk
        )
        verdicts = [one.verdict for one in results]
        assert verdicts.count(Verdict.ACCEPTED) == 100
        assert verdicts.count(Verdict.AMBIGUOUS) == 100
        assert verdicts.count(Verdict.WAITING) == 50
        await device.clear_fault("drop-after-write")
        judgements = await desk.bring(link, desired)
        assert {one.verdict for one in judgements} == {Verdict.PROVED}
        assert len(device.users) == 250


async def test_cancel_stops_between_requests(desk: Desk) -> None:
    async with await lan_of("P2") as lan:
        device = lan.devices[0]
        link = link_to(device)
        desired = replace(ONLY_PEOPLE, people=tuple(person(n) for n in range(1, 251)))
        plan = await desk.plan(link, desired)
        told: list[ItemResult] = []

        def stop() -> None:
            if told:
                raise CancelledByPerson("The push")

        with pytest.raises(CancelledByPerson):
            await desk.gateway.apply(link, plan, report=told.append, check_cancel=stop)
        assert len(told) == 100
        assert len(device.users) == 100


async def test_apply_of_a_plan_that_was_never_read(desk: Desk) -> None:
    """A plan made without the device (nobody had answered) finds keys and people by itself."""
    async with await lan_of("P1") as lan:
        link = link_to(lan.devices[0])
        results = await desk.apply(link, wanted_only(wanted()))
        assert {one.verdict for one in results} == {Verdict.ACCEPTED}
        assert changes_of(await desk.plan(link, wanted())) == []


# ---------------------------------------------------------------------- other things on the line


async def test_a_port_that_is_no_web_server(desk: Desk, raw_server: RawServer) -> None:
    for answer in (
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\x01\x02",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
    ):
        url = await raw_server(answer)
        with pytest.raises((UnreachableError, DataError)):
            await desk.gateway.identify(Link(url))


async def test_a_web_server_that_is_no_intercom(desk: Desk, raw_server: RawServer) -> None:
    page = b"<html><title>Printer</title></html>"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(page)
    url = await raw_server(head + page)
    with pytest.raises(DataError, match="a web page"):
        await desk.gateway.identify(Link(url))


async def test_an_endless_answer_is_cut(desk: Desk, raw_server: RawServer) -> None:
    url = await raw_server(b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * (40 << 20))
    with pytest.raises(DataError):
        await desk.gateway.identify(Link(url))


async def test_secrets_never_reach_the_recorder(desk: Desk) -> None:
    async with await lan_of("P1") as lan:
        await desk.bring(link_to(lan.devices[0]), wanted())
        kept = "\n".join(f"{one.path} {one.request} {one.reply}" for one in desk.recorder.recent())
        assert "Person Number 1" in kept
        for secret in ("400001", "0A1B0001"):
            assert secret not in kept
