from __future__ import annotations

import hashlib

import pytest

from device_link.simulator.digest import REALM, DigestGate, Verdict, parse_digest


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def answer_to(challenge: str, **changes: str) -> dict[str, str]:
    """Answer a challenge by the letter of RFC 2617, for GET /api/system/info with an empty body."""
    offered = parse_digest(challenge)
    assert offered is not None
    said = {
        "username": "admin",
        "realm": REALM,
        "nonce": offered["nonce"],
        "uri": "/api/system/info",
        "qop": "auth",
        "nc": "00000001",
        "cnonce": "0a4f113b",
        "opaque": offered["opaque"],
    } | changes
    body = f":{md5('')}" if said["qop"] == "auth-int" else ""
    ha2 = md5(f"GET:{said['uri']}{body}")
    ha1 = md5(f"admin:{REALM}:secret")
    right = md5(f"{ha1}:{said['nonce']}:{said['nc']}:{said['cnonce']}:{said['qop']}:{ha2}")
    return said | {"response": changes.get("response", right)}


def judge(gate: DigestGate, given: dict[str, str], body_md5: str | None = None) -> Verdict:
    return gate.judge(
        given, method="GET", target="/api/system/info", user="admin", password="secret", body_md5=body_md5
    )


def test_the_challenge_is_the_one_that_devices_send() -> None:
    offered = parse_digest(DigestGate().challenge())
    assert offered is not None
    assert (offered["realm"], offered["qop"]) == ("HTTP API", "auth,auth-int")
    assert len(offered["nonce"]) == len(offered["opaque"]) == 32


def test_both_kinds_of_protection_are_verified() -> None:
    gate = DigestGate()
    assert judge(gate, answer_to(gate.challenge())) is Verdict.GOOD
    with_body = answer_to(gate.challenge(), qop="auth-int")
    assert judge(gate, with_body) is Verdict.NEED_BODY
    assert judge(gate, with_body, md5("")) is Verdict.GOOD
    assert judge(gate, answer_to(gate.challenge(), qop="auth-int"), md5("tampered")) is Verdict.BAD


@pytest.mark.parametrize(
    "change",
    [
        {"response": "0" * 32},
        {"username": "root"},
        {"realm": "HTTPAPI"},
        {"uri": "/api/system/reboot"},
        {"qop": "none"},
        {"nc": "1"},
        {"nc": "zzzzzzzz"},
        {"cnonce": ""},
        {"algorithm": "SHA-256"},
    ],
)
def test_a_wrong_member_is_refused(change: dict[str, str]) -> None:
    gate = DigestGate()
    assert judge(gate, answer_to(gate.challenge(), **change)) is Verdict.BAD


def test_a_nonce_lives_until_the_restart_and_each_count_works_once() -> None:
    gate = DigestGate()
    challenge = gate.challenge()
    later = [answer_to(challenge, nc=f"{count:08x}") for count in (2, 1, 3)]
    assert [judge(gate, one) for one in later] == [Verdict.GOOD] * 3
    assert judge(gate, later[0]) is Verdict.STALE
    assert judge(gate, answer_to(challenge, nc="00000004", opaque="0" * 32)) is Verdict.STALE
    gate.restart()
    assert judge(gate, answer_to(challenge, nc="00000005")) is Verdict.STALE
    assert "stale=true" in gate.challenge(stale=True)


def test_what_is_no_digest_is_none() -> None:
    assert parse_digest("Basic YWRtaW46YWRtaW4=") is None
    assert parse_digest("") is None
    assert parse_digest(r'Digest a="x\"y", b=z') == {"a": 'x"y', "b": "z"}
