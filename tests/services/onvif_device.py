"""A fake ONVIF device: the five SOAP answers that finding a stream needs. Who may look is checked by WS-Security digest."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{body}</s:Body></s:Envelope>'
)
_DENIED = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">Sender not Authorized</s:Text></s:Reason></s:Fault>'
)


@dataclass(slots=True)
class OnvifDevice:
    """Answers POSTed SOAP; give `answer` to a `SnapshotServer` as its `post`.

    Attributes:
        advertised: Host and port it believes to have; behind NAT a wrong one.
    """

    stream_uri: str
    snapshot_uri: str
    advertised: str
    user: str = ""
    password: str = ""
    profiles: tuple[str, ...] = ("Profile_1", "Profile_2")

    def answer(self, _path: str, request: bytes) -> tuple[int, bytes]:
        """Status and body for one request."""
        text = request.decode()
        found = re.search(r"Body>\s*<(?:\w+:)?(\w+)", text)
        asked = found[1] if found else ""
        if asked != "GetSystemDateAndTime" and not self._may(text):
            return 400, _ENVELOPE.format(body=_DENIED).encode()
        return 200, _ENVELOPE.format(body=self._body(asked)).encode()

    def _may(self, text: str) -> bool:
        if not self.user:
            return True
        said = dict(re.findall(r"<(?:\w+:)?(Username|Password|Nonce|Created)(?:\s[^>]*)?>([^<]*)</", text))
        if said.keys() < {"Username", "Password", "Nonce", "Created"} or said["Username"] != self.user:
            return False
        digest = hashlib.sha1(
            base64.b64decode(said["Nonce"]) + said["Created"].encode() + self.password.encode(), usedforsecurity=False
        ).digest()
        return base64.b64encode(digest).decode() == said["Password"]

    def _body(self, asked: str) -> str:
        now = datetime.now(UTC)
        service = f"http://{self.advertised}/onvif"
        if asked == "GetSystemDateAndTime":
            clock = (
                f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
            )
            day = f"<tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
            utc = f"<tt:UTCDateTime><tt:Time>{clock}</tt:Time><tt:Date>{day}</tt:Date></tt:UTCDateTime>"
            kind = "<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
            return (
                f"<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>{kind}{utc}</tds:SystemDateAndTime>"
                "</tds:GetSystemDateAndTimeResponse>"
            )
        if asked == "GetServices":
            version = "<tds:Version><tt:Major>2</tt:Major><tt:Minor>5</tt:Minor></tds:Version>"
            services = "".join(
                f"<tds:Service><tds:Namespace>http://www.onvif.org/ver10/{name}/wsdl</tds:Namespace>"
                f"<tds:XAddr>{service}/{name}</tds:XAddr>{version}</tds:Service>"
                for name in ("device", "media")
            )
            return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"
        if asked == "GetProfiles":
            profiles = "".join(
                f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token}</tt:Name></trt:Profiles>'
                for token in self.profiles
            )
            return f"<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>"
        uri = self.snapshot_uri if asked == "GetSnapshotUri" else self.stream_uri
        media = (
            f"<tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
            "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>"
        )
        return f"<trt:{asked}Response><trt:MediaUri>{media}</trt:MediaUri></trt:{asked}Response>"
