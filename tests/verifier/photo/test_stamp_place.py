"""Printed addresses against the filed one, and printed coordinates that were read with doubt."""

from __future__ import annotations

import pytest

from tests.builders.looks import VENUE_LONLAT, a_context, a_field, a_look, a_stamp
from tests.builders.plan import a_session, a_training_class, a_venue
from verifier.finding import Outcome
from verifier.photo import stamp_place
from verifier.photo.address import AddressMatch, compare_addresses
from verifier.photo.geofence import count_decimals

FILED = "湖南省益阳市赫山区桃花仑西路788号"
NAMES = ("本部二楼 203 教室", "益阳市示范职业培训学校")


@pytest.mark.parametrize(
    ("printed", "match"),
    [
        ("益阳市·桃花仑西路", AddressMatch.SAME),
        ("桃花仑西路788号", AddressMatch.SAME),
        ("湖南省 益阳市 赫山区 桃花仑西路", AddressMatch.SAME),
        ("益阳布赫山区桃花仑西路", AddressMatch.SAME),  # 市 misread as 布 glues city and district
        ("示范职业培训学校", AddressMatch.SAME),
        ("益阳市赫山区", AddressMatch.SAME_AREA),
        ("益阳市", AddressMatch.SAME_AREA),
        ("长沙市岳麓区麓山南路932号", AddressMatch.DIFFERENT),
        ("湖南省益阳市资阳区五一西路", AddressMatch.DIFFERENT),
        ("红旗路阳光小区", AddressMatch.UNKNOWN),  # neither a banner nor a district
        ("沃尔玛超市", AddressMatch.UNKNOWN),  # not a city
        ("白云机场", AddressMatch.UNKNOWN),
        ("12号", AddressMatch.UNKNOWN),
        ("", AddressMatch.UNKNOWN),
    ],
)
def test_a_printed_address_is_compared_by_its_names(printed: str, match: AddressMatch) -> None:
    assert compare_addresses(printed, FILED, NAMES).match is match


def test_districts_overlap_but_cities_do_not() -> None:
    assert not compare_addresses("高新区", FILED).other_city
    assert compare_addresses("长沙市高新区", FILED).other_city


@pytest.mark.parametrize(("confidence", "outcome"), [(0.90, Outcome.FAILED), (0.89, Outcome.UNSURE)])
def test_a_far_coordinate_fails_only_where_it_was_read_surely(confidence: float, outcome: Outcome) -> None:
    stamp = a_stamp(
        longitude=a_field(VENUE_LONLAT[0] + 1.0, confidence), latitude=a_field(VENUE_LONLAT[1], 0.99), address=None
    )
    assert stamp_place.check(a_look(stamps=(stamp,)), a_context()).outcome is outcome


def test_the_sessions_own_venue_counts_not_the_classs() -> None:
    """Art. 10: a class taught in a village has another venue for that session."""
    village = a_session(venue=a_venue("沧水铺镇村部", longitude=112.46, latitude=28.41))
    stamp = a_stamp(lonlat=(112.46, 28.41), address=None)
    finding = stamp_place.check(a_look(stamps=(stamp,)), a_context(training=a_training_class(sessions=(village,))))
    assert finding.outcome is Outcome.PASSED
    assert "沧水铺镇村部" in str(finding.reason)


def test_a_venue_without_coordinates_is_compared_by_its_address() -> None:
    session = a_session(venue=a_venue(longitude=None, latitude=None))
    finding = stamp_place.check(a_look(), a_context(training=a_training_class(sessions=(session,))))
    assert finding.outcome is Outcome.PASSED
    assert finding.measured["address_only"] is True


def test_a_photo_without_a_stamp_has_no_place_to_compare() -> None:
    assert stamp_place.check(a_look(stamps=()), a_context()).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("longitude", "latitude", "decimals"),
    [(112.355129, 28.570066, 6), (112.3551, 28.57, 4), (112.36, 28.57, 2), (112 + 21 / 60 + 18.5 / 3600, 28.5, 4)],
)
def test_printed_decimals_tell_how_exact_a_coordinate_is(longitude: float, latitude: float, decimals: int) -> None:
    assert count_decimals(a_field(longitude), a_field(latitude)) == decimals
