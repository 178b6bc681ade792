"""The rooms of a class as its sessions pass by: each photo is compared with confirmed ones of earlier sessions of its venue."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verifier.finding import Finding
from verifier.observation import Look
from verifier.photo.context import RoomSeen
from verifier.photo.read_descriptors import Features
from verifier.photo.read_room import read_room, read_tilted_room
from verifier.photo.room import ROOM_2023, RoomLimits, confirms_room
from verifier.photo.room_match import ROOM_MATCH_2023, count_common_features, count_common_places
from verifier.photo.view import decide_view
from verifier.plan import Session, Submission, Venue, View

Pair = tuple[str, str]  # SHA-256 of two photos, the smaller first
MOST_TILTED = 24  # a session's photos are compared with the same latest ones


class RoomMemory:
    """How many features two photos have in common, computed once for each pair.

    `known` are pairs that were compared before (by looks of the same versions); `new` collects those compared now, to be kept.
    """

    def __init__(self, known: Mapping[Pair, int] | None = None, most_tilted: int = MOST_TILTED) -> None:
        """Take what is known; keep the tilted features of so many photos, about 1 MB each."""
        self._most_tilted = most_tilted
        self._known = dict(known or {})
        self._features: dict[str, Features | None] = {}
        self._tilted: OrderedDict[str, Features | None] = OrderedDict()
        self.new: dict[Pair, int] = {}

    def compare(self, one: Look, other: Look) -> int:
        """The common features of two photos' rooms; where they are too few, what tilted features find, if that is enough."""
        first, second = (one, other) if one.sha256 <= other.sha256 else (other, one)
        pair = (first.sha256, second.sha256)
        if pair not in self._known:
            self._known[pair] = self.new[pair] = self._count(first, second)
        return self._known[pair]

    def _count(self, first: Look, second: Look) -> int:
        here, there = self.read(first), self.read(second)
        if here is None or there is None:
            return 0
        common = count_common_features(here, there)
        few = min(len(here.points), len(there.points)) < ROOM_MATCH_2023.least_features
        if common >= ROOM_MATCH_2023.least_inliers or few:
            return common
        places = self.count_tilted(first, second)
        return places if places >= ROOM_MATCH_2023.least_tilted else common

    def count_tilted(self, first: Look, second: Look) -> int:
        """The places that tilted features of two rooms have in common; not kept, as one number of a pair is."""
        here, there = self._read_tilted(first), self._read_tilted(second)
        return 0 if here is None or there is None else count_common_places(here, there)

    def _read_tilted(self, look: Look) -> Features | None:
        if look.sha256 not in self._tilted:
            self._tilted[look.sha256] = read_tilted_room(look)
            if len(self._tilted) > self._most_tilted:
                self._tilted.popitem(last=False)
        self._tilted.move_to_end(look.sha256)
        return self._tilted[look.sha256]

    def read(self, look: Look) -> Features | None:
        """What is recognisable of the room."""
        if look.sha256 not in self._features:
            self._features[look.sha256] = read_room(look)
        return self._features[look.sha256]

    def count_features(self, look: Look) -> int:
        """How much is recognisable; counted once, and kept as the pair of a photo with itself."""
        pair = (look.sha256, look.sha256)
        if pair not in self._known:
            features = self.read(look)
            self._known[pair] = 0 if features is None else len(features.points)
            self.new[pair] = self._known[pair]
        return self._known[pair]


@dataclass(frozen=True, slots=True, eq=False)
class _Confirmed:
    look: Look
    file: str
    view: View | None


@dataclass(frozen=True, slots=True, eq=False)
class VenuePhoto:
    """A confirmed photo (`confirms_room`) that another class handed in of a venue. `shown_as` names it to people."""

    venue: Venue
    submission: Submission
    look: Look
    shown_as: str


class RoomHistory:
    """The confirmed photos of each venue, growing session by session in the order of time."""

    def __init__(self, memory: RoomMemory, limits: RoomLimits = ROOM_2023, earlier: Sequence[VenuePhoto] = ()) -> None:
        """Start with what other classes showed of the venues before, oldest first."""
        self._memory, self._limits = memory, limits
        self._confirmed: dict[Venue, list[_Confirmed]] = defaultdict(list)
        for photo in earlier:
            self._take(photo.venue, photo.submission, photo.look, photo.shown_as)

    def compare(self, submission: Submission, look: Look, session: Session) -> RoomSeen | None:
        """Hold a photo against its venue's confirmed photos of earlier sessions; None where it could not be read."""
        if look.decoded.fault is not None or look.fingerprint is None or look.faces is None:
            return None
        view = _tell_view(submission, look)
        fitting = [
            each
            for each in self._confirmed[session.venue]
            if each.look.sha256 != look.sha256 and (view is None or each.view is None or each.view is view)
        ]
        features = self._memory.count_features(look)
        if len(fitting) < self._limits.enough or features < self._limits.least_features:
            return RoomSeen(len(fitting), 0, features, 0, None)
        latest = fitting[-self._limits.most_compared :]
        best, file, compared = 0, None, 0
        # The latest first: most often the photographer stands where they stood yesterday.
        for each in reversed(latest):
            common, compared = self._memory.compare(look, each.look), compared + 1
            if common > best:
                best, file = common, each.file
            if best >= self._limits.least_inliers:
                break
        return RoomSeen(len(fitting), compared, features, best, file)

    def confirm(self, session: Session, photos: Sequence[tuple[Submission, Look, Sequence[Finding]]]) -> None:
        """Take in a session's photos that stand for their room, once the session is judged."""
        for submission, look, findings in sorted(photos, key=lambda photo: (photo[0].file, photo[0].sha256)):
            if look.fingerprint is not None and look.faces is not None and confirms_room(findings):
                self._take(session.venue, submission, look, submission.file)

    def _take(self, venue: Venue, submission: Submission, look: Look, file: str) -> None:
        self._confirmed[venue].append(_Confirmed(look, file, _tell_view(submission, look)))


def _tell_view(submission: Submission, look: Look) -> View | None:
    return decide_view(look).view or submission.view
