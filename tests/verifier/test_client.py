"""The typed client against the real API over a real socket, through a network that breaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.api.people import OWN, House, a_house
from tests.api.test_writing import a_filing
from tests.builders.answers import a_picture
from tests.services.api_server import run_api
from tests.services.broken_network import BrokenNetwork
from verifier.client import ApiError, Retries, VerifierClient
from verifier.records.filing import read_class_file


@dataclass
class Served:
    """A house, and where it listens."""

    house: House
    url: str

    def client(self, *plan: str, who: str = "own", attempts: int = 5) -> VerifierClient:
        """A client behind a network with this plan, which does not sleep."""
        retries = Retries(attempts=attempts)
        return VerifierClient(
            self.url, self.house.keys[who], retries=retries, transport=BrokenNetwork(list(plan)), sleep=lambda _: None
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    house = a_house(tmp_path_factory.mktemp("client"), requests_per_minute=100_000)
    with run_api(house.app) as url:
        yield Served(house, url)


def photos(served: Served) -> list[str]:
    with served.house.state.database.reading() as tx:
        return [each.sha256 for each in read_class_file(tx, OWN).submissions]


def test_lists_are_read_page_by_page_to_their_end(served: Served):
    with served.client(who="office") as client:
        numbers = [each["number"] for each in client.iterate("/classes", limit=1)]
        assert numbers == [each["number"] for each in client.classes()]
    assert len(numbers) >= 2


def test_a_filing_is_written_read_and_changed_only_where_nobody_changed_it_since(served: Served):
    number = "YY-2024-0700"
    with served.client() as client:
        first = client.save_filing(number, a_filing(number))
        assert first.created
        body, etag = client.filing(number)
        assert etag == first.etag
        assert not client.save_filing(number, body, etag=etag).created
        with pytest.raises(ApiError) as refused:
            client.save_filing(number, body, etag='"another"')
        assert (refused.value.status, refused.value.code) == (412, "changed_meanwhile")
        with pytest.raises(ApiError) as refused:
            client.save_filing(number, body | {"nonsense": 1})
        assert refused.value.errors[0]["path"] == "/body/nonsense"
        assert refused.value.request_id


@pytest.mark.parametrize("plan", [["lost", "unanswered"], ["twice"], ["busy", "busy"], ["cut"], ["unanswered", "cut"]])
def test_a_photo_is_on_record_once_whatever_becomes_of_its_requests(served: Served, tmp_path: Path, plan: list[str]):
    picture = a_picture(colour=f"#{hashlib.sha256(repr(plan).encode()).hexdigest()[:6]}")
    file = tmp_path / "photo.jpg"
    file.write_bytes(picture)
    before = photos(served)
    with served.client(*plan) as client:
        photo = client.send_photo(OWN, file, session="2023-06-12-am")
    assert photo.created
    assert photos(served).count(photo.sha256) == 1
    assert len(photos(served)) == len(before) + 1
    assert served.house.state.store.read(photo.sha256) == picture


def test_a_write_is_repeated_under_one_key_and_a_new_write_has_a_new_one(served: Served):
    with served.client("unanswered") as client:
        again = client.add_leaves(OWN, [{"student_no": "S01", "session": "2023-06-12-am", "reason": "病假"}])
        assert again.replayed
        anew = client.add_leaves(OWN, [{"student_no": "S01", "session": "2023-06-12-am", "reason": "病假"}])
        assert not anew.replayed


def test_it_gives_up_in_the_end_and_does_not_repeat_what_was_refused(served: Served):
    client = served.client("lost", "lost", "lost", attempts=3)
    with pytest.raises(httpx.ConnectError):
        client.read("/me")
    network = BrokenNetwork([])
    refused = VerifierClient(served.url, "cev_wrong", transport=network, sleep=lambda _: None)
    with pytest.raises(ApiError) as error:
        refused.read("/me")
    assert (error.value.code, network.sent) == ("not_authenticated", 1)


def test_it_waits_as_long_as_it_is_asked_to_and_longer_each_time_where_it_is_not(served: Served):
    slept: list[float] = []
    key = served.house.keys["own"]
    for plan in (["busy"], ["lost", "lost", "lost"]):
        VerifierClient(served.url, key, transport=BrokenNetwork(plan), sleep=slept.append).read("/me")
    assert slept[0] == 1.0
    for wait, longest in zip(slept[1:], (0.5, 1.0, 2.0), strict=True):
        assert longest / 2 <= wait <= longest


def test_a_verification_is_asked_for_followed_and_cancelled(served: Served):
    with served.client(who="office") as client:
        job = client.verify("2023-06-12", "2023-06-12")
        assert client.job(job.id).id == job.id
        assert client.cancel(job.id).ended
        assert client.wait_for(job.id, within_s=5).ended
