"""Who may fetch which file by its digest: faces and photos of residents above all (I4). A digest is no password."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from core.base.errors import NotFoundError
from core.cloud import admin
from core.cloud.access import SITE_KIND, Grant
from core.cloud.blob_access import note_blob, path_for
from core.cloud.cloud import Cloud
from core.cloud.file_fields import NAMED_BY
from core.entities import SYNCED
from core.entities.attachment import SCREEN_SAVER, SaverMode
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.device import DEVICE
from core.entities.organisation import Role
from core.entities.person import RESIDENT
from core.entities.site import SITE
from core.wire.messages import Mutation
from tests.cloud.bench import Hand, installer
from tests.history.world import PASSWORD

FACE = b"a face in JPEG"
NAME = hashlib.sha256(FACE).hexdigest()


def give(hand: Hand, content: bytes = FACE) -> str:
    """A workstation has shown all bytes of a file."""
    name = hashlib.sha256(content).hexdigest()
    path = hand.cloud.blobs.path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    note_blob(hand.cloud, hand.who, name, len(content))
    return name


def face(hand: Hand, person: Mutation, name: str = NAME) -> Mutation:
    return hand.create(CREDENTIAL, person_id=person.entity_id, kind=CredentialKind.FACE, code="", blob=name)


def sees(hand: Hand, name: str = NAME) -> bool:
    """Whether the file is served."""
    try:
        return path_for(hand.cloud, hand.who, name).read_bytes() == FACE
    except NotFoundError:
        return False


@pytest.fixture
def manager(cloud: Cloud, anna: Hand) -> Callable[..., Hand]:
    """A property manager of Anna's firm, with some of its sites."""

    def made(user: str, *sites: str) -> Hand:
        new = admin.create_account(
            cloud, org_id=anna.who.org, user=user, password=PASSWORD, role=Role.MANAGER
        )
        for site in sites:
            admin.assign_manager(cloud, account_id=new.account_id, site_id=site)
        hand = Hand.of(cloud, user)
        hand.site = sites[0] if sites else ""
        return hand

    return made


def test_a_face_is_seen_by_its_firm_and_by_the_managers_of_its_site_only(
    anna: Hand, cloud: Cloud, manager: Callable[..., Hand]
) -> None:
    second = Hand.of(cloud, "anna").settle_in()
    person = anna.resident()
    anna.must(person)
    give(anna)
    anna.must(face(anna, person))
    sub = admin.create_account(
        cloud, org_id=anna.who.org, user="sub", password=PASSWORD, role=Role.SUB_INSTALLER
    )
    assert sub.account_id
    assert sees(anna)
    assert sees(Hand.of(cloud, "sub"))
    assert sees(manager("maya", anna.site))
    assert not sees(manager("mona", second.site)), "the same firm, another site"
    assert not sees(manager("mark")), "of no site"


def test_it_is_seen_no_more_once_site_or_face_is_gone(
    anna: Hand, cloud: Cloud, manager: Callable[..., Hand]
) -> None:
    person = anna.resident()
    give(anna)
    photo = face(anna, person)
    anna.must(person, photo)
    maya, mona = manager("maya", anna.site), manager("mona", anna.site)
    assert sees(maya)
    admin.assign_manager(cloud, account_id=maya.who.account, site_id=anna.site, active=False)
    assert not sees(maya), "the site was taken away"
    assert sees(mona)
    anna.must(anna.edit(CREDENTIAL, "delete", photo.entity_id, {}, base_ver=9))
    assert not sees(mona), "nothing of its sites names it any more"
    assert sees(anna), "the firm gave it"


def test_other_firms_do_not_see_it_whatever_they_write_into_their_rows(cloud: Cloud) -> None:
    """Neither an installer beside, below the same distributor, nor one of another tenant; the distributor does."""
    top = admin.create_distributor(cloud, name="Top", user="top", password=PASSWORD)
    vera, nina = (installer(cloud, user, distributor_id=top.org_id) for user in ("vera", "nina"))
    carl = installer(cloud, "carl")
    person = vera.resident()
    give(vera)
    vera.must(person, face(vera, person))
    for other in (nina, carl):
        own = other.resident()
        other.must(own, face(other, own))
        assert not sees(other), "named in a row of one's own, and still not seen"
    assert sees(Hand.of(cloud, "top"))
    give(carl)
    assert sees(carl), "who has the bytes may fetch them again"
    assert not sees(nina)


def goes_to(cloud: Cloud, site: str, old: Hand, new: Hand) -> None:
    """A site goes from one firm of a distributor to another: only its grants change (sync.md 3.8)."""
    pairs = ((new, True), (old, False))
    grants = [Grant(site, hand.who.org, SITE_KIND, active=active) for hand, active in pairs]
    with cloud.database.write() as connection:
        cloud.publisher.publish(connection, new.who.tenant, [], at=0, grants=grants)


def test_files_go_with_their_site_to_the_next_firm(cloud: Cloud) -> None:
    """What somebody of the former firm named in a row of the site; not the firm's other files, and nothing that the
    next firm names itself, in the site it got or in its own.
    """
    top = admin.create_distributor(cloud, name="Top", user="top", password=PASSWORD)
    vera, nina, third = (
        installer(cloud, user, distributor_id=top.org_id) for user in ("vera", "nina", "una")
    )
    person, secret = vera.resident(), give(vera, b"a file of another site")
    give(vera)
    photo = face(vera, person)
    vera.must(person, photo)
    assert not sees(nina)
    goes_to(cloud, vera.site, vera, nina)
    made = admin.create_account(cloud, org_id=nina.who.org, user="nils", password=PASSWORD, role=Role.MANAGER)
    admin.assign_manager(cloud, account_id=made.account_id, site_id=vera.site)
    assert sees(nina)
    assert sees(Hand.of(cloud, "nils")), "a property manager of the next firm, at that site"
    assert not sees(third), "a firm that never had the site"

    there = Hand.of(cloud, "nina")
    there.site = vera.site
    for hand, whose in ((there, person), (nina, nina.resident())):
        forged = face(hand, whose, secret)
        hand.must(
            *([whose] if hand is nina else []), msgspec.structs.replace(forged, origin=vera.who.replica)
        )
        with pytest.raises(NotFoundError):
            path_for(cloud, nina.who, secret)
    there.must(there.edit(CREDENTIAL, "delete", photo.entity_id, {}, base_ver=9))
    assert not sees(nina), "no row of the site names it any more"


def test_a_manager_gets_back_what_it_gave_and_its_firm_sees_it(
    anna: Hand, cloud: Cloud, manager: Callable[..., Hand]
) -> None:
    maya, mona = manager("maya", anna.site), manager("mona", anna.site)
    person = anna.resident()
    anna.must(person)
    give(maya)
    assert sees(maya)
    assert sees(anna)
    assert not sees(mona), "no row of the site names it yet"
    maya.must(face(maya, person))
    assert sees(mona)


def test_dev_14_a_picture_is_seen_by_the_managers_of_the_site_whose_screen_saver_names_it(
    anna: Hand, cloud: Cloud, manager: Callable[..., Hand]
) -> None:
    """One of several that a field names, whichever; a part of its digest names nothing."""
    second = Hand.of(cloud, "anna").settle_in()
    give(anna)
    door = anna.create(DEVICE, site_id=anna.site, mac="0C1105000001", name="Door", model="X915S", firmware="")
    named: dict[str, Any] = {"mode": SaverMode.IMAGE, "pictures": ("0" * 64, NAME)}
    saver = anna.create(SCREEN_SAVER, device_id=door.entity_id, **named)
    anna.must(door, saver)
    maya, mona = manager("maya", anna.site), manager("mona", second.site)
    assert sees(maya)
    assert not sees(mona)
    anna.must(anna.edit(SCREEN_SAVER, "delete", saver.entity_id, {}, base_ver=9))
    assert not sees(maya)
    assert sees(anna)


def test_every_field_that_names_a_file_is_looked_at() -> None:
    looked_at = {(spec.name, column.name) for spec, column in NAMED_BY}
    named = [NAME, json.dumps([NAME])]
    assert looked_at == {
        (s.name, c.name) for s in SYNCED for c in s.columns if any(map(c.kind.digests, named))
    }
    assert {(CREDENTIAL.name, "blob"), (SCREEN_SAVER.name, "pictures")} <= looked_at
    assert not {RESIDENT.name, SITE.name} & {name for name, _ in looked_at}


@pytest.mark.parametrize("name", ["", "0" * 63, "g" * 64, "../" + "0" * 61, NAME.upper()])
def test_what_is_no_digest_is_no_file(anna: Hand, name: str) -> None:
    give(anna)
    with pytest.raises(NotFoundError):
        path_for(anna.cloud, anna.who, name)


def test_a_file_that_is_not_for_one_is_answered_as_one_that_is_not_there(anna: Hand, carl: Hand) -> None:
    give(anna)
    told = []
    for name in (NAME, "0" * 64):
        with pytest.raises(NotFoundError) as caught:
            path_for(carl.cloud, carl.who, name)
        told.append((caught.value.code, caught.value.message))
    assert told[0] == told[1]
