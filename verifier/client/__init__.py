"""A small client of the API: typed, with keys for every write, retries that repeat nothing, and uploads that stream.

    from verifier.client import VerifierClient
    with VerifierClient("https://verifier.example", key) as client:
        client.send_photo("YY-2023-0071", Path("p01.jpg"), session="2023-06-12-am")

Every write carries an Idempotency-Key that stays the same over its retries, so a write whose answer was lost happens once. There
is a method for every operation of docs/openapi.json; what they take and answer is in `bodies` and `answers`, under its names.
"""

from verifier.client.connection import ApiError, Retries
from verifier.client.deciding import Deciding
from verifier.client.events import Event, EventRefused, read_event
from verifier.client.filing import Filing
from verifier.client.reading import Reading
from verifier.client.subscribing import Subscribing
from verifier.client.supervising import Supervising
from verifier.client.values import Job, Photo, Written

__all__ = [
    "ApiError", "Event", "EventRefused", "Job", "Photo", "Retries", "VerifierClient", "Written", "read_event",
]  # fmt: skip


class VerifierClient(Reading, Filing, Deciding, Supervising, Subscribing):
    """One client with one key. Not to be shared between threads that close it."""
