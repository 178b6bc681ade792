"""Large files straight to the store, and a network that breaks: one record each, and no orphan after the sweeper."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.people import OTHER, OWN, House, a_house, a_key
from tests.builders.answers import a_picture
from tests.services.api_server import run_api
from tests.services.broken_network import BrokenNetwork
from tests.services.s3 import S3Server
from verifier.client import ApiError, VerifierClient
from verifier.records.filing import read_class_file
from verifier.records.tables.base import utc_now
from verifier.storing import GRACE, sweep_store


@dataclass
class Direct:
    """A house over an S3 store, and where it listens."""

    house: House
    url: str

    def client(self, *plan: str, who: str = "own") -> VerifierClient:
        network = BrokenNetwork(list(plan))
        return VerifierClient(self.url, self.house.keys[who], transport=network, sleep=lambda _: None)


@pytest.fixture(scope="module")
def direct(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    bucket = f"api-{uuid.uuid4().hex[:8]}"
    s3_server.client().make_bucket(bucket)
    house = a_house(
        tmp_path_factory.mktemp("uploads"), evidence_url=s3_server.url(bucket), max_direct_upload_mb=1,
        evidence_access_key=s3_server.access_key, evidence_secret_key=s3_server.secret_key,
        requests_per_minute=100_000,
    )  # fmt: skip
    with run_api(house.app) as url:
        yield Direct(house, url)


def photos(house: House, number: str = OWN) -> list[str]:
    with house.state.database.reading() as tx:
        return [each.sha256 for each in read_class_file(tx, number).submissions]


def ask(direct: Direct, path: str, body: dict[str, Any], who: str = "own", number: str = OWN) -> httpx.Response:
    headers = {"Authorization": f"Bearer {direct.house.keys[who]}", **a_key()}
    return httpx.post(f"{direct.url}/api/v1/classes/{number}/{path}", json=body, headers=headers)


def test_a_file_goes_straight_to_the_store_and_is_on_record_once(direct: Direct):
    data = a_picture(colour="#010203")
    with direct.client("through", "unanswered") as client:
        photo = client.send_photo_direct(OWN, data, name="photos/direct.jpg", session="2023-06-12-am")
    assert photo.created
    assert photo.size_bytes == len(data)
    assert direct.house.state.store.read(photo.sha256) == data
    assert photos(direct.house).count(photo.sha256) == 1
    with direct.client() as client:
        again = client.send_photo_direct(OWN, data, name="photos/direct.jpg", session="2023-06-12-am")
    assert (again.id, again.created) == (photo.id, False)


def test_other_bytes_than_announced_are_refused_and_gone(direct: Direct):
    digest = hashlib.sha256(b"announced").hexdigest()
    place = ask(direct, "uploads", {"sha256": digest, "size_bytes": 9}).json()
    assert httpx.put(place["url"], content=b"something else").status_code == 200
    assert ask(direct, f"uploads/{digest}/complete", {}).json()["code"] == "hash_mismatch"
    assert ask(direct, f"uploads/{digest}/complete", {}).status_code == 404
    assert not direct.house.state.store.exists(digest)


def test_what_is_too_large_is_refused_announced_or_not(direct: Direct):
    data = bytes(1024 * 1024 + 1)
    digest = hashlib.sha256(data).hexdigest()
    assert ask(direct, "uploads", {"sha256": digest, "size_bytes": len(data)}).json()["code"] == "too_large"
    place = ask(direct, "uploads", {"sha256": digest, "size_bytes": 5}).json()
    assert httpx.put(place["url"], content=data).status_code == 200
    assert ask(direct, f"uploads/{digest}/complete", {}).json()["code"] == "too_large"


def test_nobody_hands_in_by_digest_alone_what_another_uploaded(direct: Direct):
    data = a_picture(colour="#040506")
    with direct.client() as client:
        photo = client.send_photo_direct(OWN, data)
    assert ask(direct, f"uploads/{photo.sha256}/complete", {}, "other", OTHER).status_code == 404
    assert ask(direct, "uploads", {"sha256": photo.sha256, "size_bytes": 5}, "other").status_code == 404
    assert photo.sha256 not in photos(direct.house, OTHER)


@pytest.mark.parametrize(
    "store", ["", "s3://evidence?endpoint=127.0.0.1:9&public=none"], ids=["a folder", "out of reach"]
)
def test_a_store_that_clients_do_not_reach_takes_no_direct_uploads_and_says_so(tmp_path: Path, store: str):
    keys = {"evidence_access_key": "a", "evidence_secret_key": "b"} if store else {}
    house = a_house(tmp_path, **({"evidence_url": store} if store else {}), **keys)
    answer = house.client("own").post(
        f"/api/v1/classes/{OWN}/uploads", json={"sha256": "0" * 64, "size_bytes": 5}, headers=a_key()
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "direct_upload_unsupported")
    house.state.close()


def test_through_a_broken_network_each_write_is_one_record_and_the_sweeper_leaves_no_orphan(tmp_path: Path):
    """Every write once lost, unanswered, doubled and cut off; then in another order; then cut off for good."""
    house = a_house(tmp_path, requests_per_minute=100_000)
    pictures = [a_picture(colour=f"#00{40 * number:02x}00") for number in range(1, 6)]
    leave = {"student_no": "S01", "session": "2023-06-12-am", "reason": "病假"}
    sign_in = {"student_no": "S01", "signed_at": "2023-06-12T08:21:00+08:00", "source": "paper"}
    with run_api(house.app) as url:
        before = len(photos(house))
        for plan in (["lost", "unanswered"], ["twice", "cut"], ["unanswered", "twice"]):
            for number, data in enumerate(pictures if plan[0] != "twice" else pictures[::-1]):
                network = BrokenNetwork(list(plan))
                with VerifierClient(url, house.keys["own"], transport=network, sleep=lambda _: None) as client:
                    client.send_photo(OWN, data, name=f"photos/{hashlib.sha256(data).hexdigest()[:8]}.jpg")
                    if number == 0:
                        client.add_leaves(OWN, [leave])
                        client.add_sign_ins(OWN, [sign_in])
        hopeless = BrokenNetwork(["cut"] * 5)
        with (
            VerifierClient(url, house.keys["own"], transport=hopeless, sleep=lambda _: None) as client,
            pytest.raises(httpx.WriteError),
        ):
            client.send_photo(OWN, a_picture(colour="#ff00ff"))
        with VerifierClient(url, house.keys["own"], sleep=lambda _: None) as client, pytest.raises(ApiError):
            client.send_photo(OWN, a_picture(colour="#ffff00"), session="no-such")  # stored, then refused: an orphan
    with house.state.database.reading() as tx:
        kept = read_class_file(tx, OWN)
    assert len(kept.submissions) == before + len(pictures)
    assert sum(each.source == "paper" for each in kept.sign_ins) == 1
    assert [each.reason for each in kept.leaves] == ["病假"]
    store = house.state.store
    named = {each.sha256 for each in kept.submissions}
    assert len(set(store.digests()) - named) == 1
    swept = sweep_store(house.state.database, store, "local:test", now=utc_now() + GRACE + timedelta(minutes=1))
    assert len(swept.removed) == 1
    assert set(store.digests()) <= named
    assert all(store.exists(hashlib.sha256(data).hexdigest()) for data in pictures)
