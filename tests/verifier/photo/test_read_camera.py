"""Camera metadata: what is read, and absurd values that are left out and remarked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders.photos import BROKEN_FILES, a_photo_file, an_exif
from tests.builders.shared import shared_data
from verifier.observation import CameraMetadata
from verifier.photo.read_camera import read_camera

TAKEN = datetime(2023, 6, 12, 9, 12, 30)
PLACE = (112.355129, 28.570066)


def read(**exif: Any) -> CameraMetadata:
    return read_camera(a_photo_file(exif=an_exif(**exif)))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_phones_metadata_is_read_from_every_format(format: str) -> None:
    exif = an_exif(
        taken=TAKEN,
        offset="+08:00",
        position=PLACE,
        gps_at=datetime(2023, 6, 12, 1, 12, 28),
        modified=TAKEN,
        software="17.3.1",
        make="Apple",
        model="iPhone 14",
    )
    found = read_camera(a_photo_file(format, exif=exif))
    assert found.taken_at_local == TAKEN
    assert found.offset == timedelta(hours=8)
    assert (found.longitude, found.latitude) == pytest.approx(PLACE, abs=1e-6)
    assert found.gps_at_utc == datetime(2023, 6, 12, 1, 12, 28, tzinfo=UTC)
    assert found.modified_at_local == TAKEN
    assert (found.make, found.model, found.software) == ("Apple", "iPhone 14", "17.3.1")
    assert found.has_exif
    assert found.remarks == ()


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("038021003455", "038021003455"),
        ("A7-4512", "A7-4512"),
        ("A71", None),
        ("0000000000", None),
        ("11 11", None),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_a_bodys_serial_number_is_read_and_its_placeholders_are_not(written: str | None, seen: str | None) -> None:
    assert read(model="EOS R6", serial=written).serial == seen


def test_a_file_without_exif_says_nothing_and_remarks_nothing() -> None:
    assert read_camera(a_photo_file()) == CameraMetadata()


@pytest.mark.parametrize(
    ("written", "remark"),
    [
        ("0000:00:00 00:00:00", "taken_at_unset"),
        ("    :  :     :  :  ", "taken_at_unset"),
        ("2023:13:41 25:61:61", "taken_at_absurd"),
        ("1904:01:01 00:00:00", "taken_at_absurd"),
        ("9999:12:31 23:59:59", "taken_at_absurd"),
        ("yesterday", "taken_at_absurd"),
    ],
)
def test_an_absurd_time_is_left_out_and_remarked(written: str, remark: str) -> None:
    found = read(taken=written)
    assert found.taken_at_local is None
    assert found.remarks == (remark,)


@pytest.mark.parametrize(
    ("written", "hours"),
    [("+08:00", 8), ("-05:30", -5.5), ("Z", 0), ("+0800", 8), ("+14:00", 14), ("-12:00", -12)],
)
def test_offsets_are_read_as_phones_write_them(written: str, hours: float) -> None:
    assert read(taken=TAKEN, offset=written).offset == timedelta(hours=hours)


@pytest.mark.parametrize("written", ["+15:00", "-13:00", "here", "+99:99"])
def test_an_absurd_offset_is_left_out_and_remarked(written: str) -> None:
    found = read(taken=TAKEN, offset=written)
    assert found.offset is None
    assert found.remarks == ("offset_absurd",)


def test_a_position_of_zero_zero_is_no_fix() -> None:
    found = read(position=(0.0, 0.0))
    assert (found.longitude, found.latitude, found.remarks) == (None, None, ("gps_zero",))


def test_west_and_south_are_negative() -> None:
    found = read(position=(-70.5, -33.25))
    assert (found.longitude, found.latitude) == pytest.approx((-70.5, -33.25), abs=1e-6)


@pytest.mark.parametrize(
    ("gps", "remark"),
    [
        ({2: (91.0, 0.0, 0.0)}, "gps_absurd"),
        ({4: (181.0, 0.0, 0.0)}, "gps_absurd"),
        ({2: (28.0, 75.0, 0.0)}, "gps_absurd"),
        ({1: "X"}, "gps_without_letter"),
    ],
)
def test_an_absurd_position_is_left_out_and_remarked(gps: dict[int, Any], remark: str) -> None:
    found = read(position=PLACE, gps=gps)
    assert (found.longitude, found.latitude, found.remarks) == (None, None, (remark,))


@pytest.mark.parametrize(
    ("gps", "remark"),
    [
        ({7: (1.0, 12.0, 28.0)}, "gps_time_without_date"),
        ({7: (25.0, 0.0, 0.0), 29: "2023:06:12"}, "gps_time_absurd"),
        ({7: (1.0, 0.0, 0.0), 29: "2023:66:12"}, "gps_time_absurd"),
        ({7: (1.0, 0.0, 0.0), 29: "2023"}, "gps_time_absurd"),
    ],
)
def test_an_absurd_satellite_time_is_left_out_and_remarked(gps: dict[int, Any], remark: str) -> None:
    found = read(gps=gps)
    assert found.gps_at_utc is None
    assert found.remarks == (remark,)


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_broken_file_never_raises(name: str) -> None:
    assert read_camera(BROKEN_FILES[name]()).taken_at_local is None


@pytest.mark.shared
def test_real_phones_are_read() -> None:
    phone = read_camera((shared_data() / "classroom" / "IMG_2392.jpg").read_bytes())
    assert phone.taken_at_local == datetime(2024, 3, 22, 15, 31, 2)
    assert phone.offset == timedelta(hours=7)
    assert (phone.longitude, phone.latitude) == pytest.approx((110.375992, -7.767381), abs=1e-6)
    heic = read_camera((shared_data() / "exif" / "IMG_5195.HEIC").read_bytes())
    assert heic.taken_at_local == datetime(2021, 4, 11, 15, 47, 53)
    assert heic.longitude == pytest.approx(-94.288772, abs=1e-6)
