"""Addresses are taken apart, and nothing that lets somebody in is shown."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.video.address import SourceKind, hide_secrets, read_address


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("rtsp://10.0.0.5/Streaming/Channels/101", SourceKind.RTSP),
        ("rtsps://10.0.0.5:322/live", SourceKind.RTSP),
        ("http://10.0.0.5/ISAPI/Streaming/channels/101/picture", SourceKind.SNAPSHOT),
        ("https://10.0.0.5/cgi-bin/snapshot.cgi?channel=1", SourceKind.SNAPSHOT),
        ("http://gateway/rtp/34020000001320000001/hls.m3u8", SourceKind.HLS),
        ("http://gateway/rtp/34020000001320000001.live.flv?token=x", SourceKind.FLV),
        ("onvif://10.0.0.5:8080/Profile_1", SourceKind.ONVIF),
        ("recordings/2023-06-12 上午.mp4", SourceKind.RECORDING),
        ("file:///srv/a%20b.MOV", SourceKind.RECORDING),
        ("ftp://10.0.0.5/a.mp4", SourceKind.UNKNOWN),
        ("/etc/passwd", SourceKind.UNKNOWN),
        ("rtsp://10.0.0.5:port/", SourceKind.UNKNOWN),
    ],
)
def test_kind_follows_from_the_address(text: str, kind: SourceKind) -> None:
    """The reader is chosen by scheme and ending."""
    assert read_address(text).kind is kind


def test_user_and_password_are_taken_out() -> None:
    """They are kept apart from the url, decoded."""
    address = read_address("rtsp://admin:p%40ss%2Fw@10.0.0.5:8554/live?channel=1")
    assert address.url == address.shown == "rtsp://10.0.0.5:8554/live?channel=1"
    assert (address.user, address.password.get_secret_value()) == ("admin", "p@ss/w")
    assert address.signed_in("admin", "p@ss/w") == "rtsp://admin:p%40ss%2Fw@10.0.0.5:8554/live?channel=1"
    assert address.holds_password


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:Geheim1@10.0.0.5/live",
        "rtsp://admin:Geheim1/x@10.0.0.5/live",  # a raw slash breaks the url's parts
        "rtsp://admin:@Geheim1@10.0.0.5/live",
        "rtsp://10.0.0.5/user=admin&password=Geheim1&channel=1&stream=0.sdp?",
        "rtsp://10.0.0.5/user=admin_password=Geheim1_channel=1.sdp",
        "http://gateway/live.flv?access_token=Geheim1&app=rtp",
        "http://gateway/live.flv?app=rtp&sign=Geheim1",
        "http://10.0.0.5/snapshot.cgi?loginuse=admin&loginpas=x&pwd=Geheim1",
        "onvif://admin:Geheim1@10.0.0.5",
        "HTTP://ADMIN:Geheim1@10.0.0.5/x",
    ],
)
def test_what_is_shown_holds_no_password(text: str) -> None:
    """Wherever installers put the password, it is not shown; nor in the address's own repr."""
    address = read_address(text)
    for shown in (address.shown, repr(address), hide_secrets(f"cannot open '{text}': refused")):
        assert "Geheim1" not in shown
    assert "10.0.0.5" in address.shown or "gateway" in address.shown


@given(st.text(min_size=3, max_size=20), st.sampled_from(["{}", "url 'rtsp://a:{}@h/x' failed", "x={}&y"]))
def test_a_known_password_is_hidden_however_it_is_written(password: str, message: str) -> None:
    """Raw and percent-encoded; a message that keeps a whole password in it would show it."""
    for written in (password, quote(password, safe="")):
        cleaned = hide_secrets(message.format(written), password)
        assert written not in cleaned.replace("***", "") or written in message.format("").replace("'", "")


def test_other_parameters_stay_readable() -> None:
    """Channel and stream numbers tell cameras apart."""
    shown = read_address("http://10.0.0.5/cgi-bin/snapshot.cgi?channel=2&subtype=1").shown
    assert shown.endswith("?channel=2&subtype=1")
