"""Stamps as web pages: what fifteen apps and cameras print, in shares of the picture's shorter side.

Written apart from tests/builders/stamps.py, so that a reader fitted to that drawing shows here. The unit `un` is one per cent of
the picture's shorter side. Letter sizes are those of published samples where there is one (3.75 to 4.8 units), else 3 to 4.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tests.builders.stamps import StampTruth

WEEKDAYS = "一二三四五六日"
ENGLISH_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT_WEEKDAYS = ("Mon", "Tues", "Wed", "Thur", "Fri", "Sat", "Sun")
WEATHER = ("晴", "多云", "阴", "小雨", "雾", "中雨", "晴转多云", "霾", "大雪")
# City, province, latitude, longitude, districts, roads.
CITIES = (
    ("益阳市", "湖南省", 28.57, 112.35, ("赫山区", "资阳区", "安化县"), ("桃花仑西路", "康富南路", "五一西路")),
    ("长沙市", "湖南省", 28.21, 112.97, ("岳麓区", "雨花区", "望城区"), ("麓山南路", "韶山北路", "芙蓉中路一段")),
    ("成都市", "四川省", 30.65, 104.07, ("武侯区", "锦江区", "郫都区"), ("天府大道中段", "人民南路四段", "红光大道")),
    ("深圳市", "广东省", 22.54, 114.06, ("南山区", "福田区", "宝安区"), ("科苑南路", "深南大道", "红荔西路")),
    ("西安市", "陕西省", 34.34, 108.94, ("雁塔区", "碑林区", "长安区"), ("小寨东路", "南二环东段", "友谊西路")),
    ("哈尔滨市", "黑龙江省", 45.80, 126.53, ("南岗区", "道里区"), ("西大直街", "中央大街", "红旗大街")),
    ("乌鲁木齐市", "新疆维吾尔自治区", 43.82, 87.61, ("天山区", "沙依巴克区"), ("友好北路", "克拉玛依西街")),
    ("三亚市", "海南省", 18.25, 109.51, ("吉阳区", "天涯区"), ("迎宾路", "解放路", "落笔洞路")),
)
BUILDINGS = (
    "",
    "",
    "职业技术学院",
    "实训中心3号楼",
    "社区服务中心",
    "万达广场",
    "工业园A栋",
    "(北门)",
    "软件园B座1208室",
    "村民委员会",
)
SHORT_PLACES = ("北京·三里屯", "白云机场", "人民广场", "长沙·五一广场", "杭州·西湖文化广场", "职教中心", "实训楼")
ENGLISH_PLACES = (
    ("Bengaluru, Karnataka, India", "80 Feet Rd, Koramangala 4th Block, Bengaluru 560034, India"),
    ("Changsha, Hunan, China", "932 Lushan South Rd, Yuelu District, Changsha 410083"),
    ("Yiyang, Hunan, China", "788 Taohualun West Road, Heshan District 413000"),
)
STYLE = """
*{margin:0} body{position:relative;overflow:hidden;background:transparent}
.s{position:absolute;color:#fff;line-height:1.4} .panel{border-radius:1un;overflow:hidden}
.bl{left:3un;bottom:3un} .br{right:3un;bottom:3un;text-align:right}
.tl{left:3un;top:3un} .tr{right:3un;top:3un;text-align:right}
.bc{left:0;right:0;bottom:4un;text-align:center}
.big{display:flex;align-items:center} .clock{line-height:1;font-weight:600}
.bar{background:#fbbf24;width:.8un;height:9un;margin:0 1.8un}
.chip{display:inline-flex;align-items:center;background:#fff;color:#111;text-shadow:none;border-radius:.8un}
.chip b{background:#f5a623;color:#222;border-radius:.15em;padding:.1em .2em;margin:.12em}
.side{border-left:.7un solid #f5a623;padding-left:1.6un;margin-top:1.5un}
.head{background:#2f7fcf;color:#fff;text-align:center;font-weight:700;padding:.2em} .body{padding:.3em .5em}
.row{display:flex} .label{white-space:nowrap} .spaced{display:inline-block;width:4.2em;text-align-last:justify}
"""
# Apps shade their letters, as white ones could not be read on a white wall otherwise.
SHADOWS = ("0 .04em .12em rgba(0,0,0,.55)", "0 0 .15em rgba(0,0,0,.45)", ".03em .05em 0 rgba(0,0,0,.35)")


@dataclass(frozen=True, slots=True)
class Shot:
    """What a stamp may say about one shot; coordinates in degrees with `decimals` digits."""

    at: datetime
    place: str
    short_place: str
    english_place: tuple[str, str]
    latitude: float
    longitude: float
    decimals: int
    code: str
    weather: str

    @property
    def weekday(self) -> str:
        """The Chinese letter of the weekday."""
        return WEEKDAYS[self.at.weekday()]

    @property
    def both(self) -> tuple[str, str]:
        """Latitude and longitude as printed."""
        return f"{self.latitude:.{self.decimals}f}", f"{self.longitude:.{self.decimals}f}"


Drawn = tuple[str, StampTruth]
Layout = Callable[[Shot, random.Random], Drawn]


def draw_shot(chance: random.Random) -> Shot:
    """Everything a stamp may print, at random."""
    day = date(2018, 1, 1) + timedelta(days=chance.randrange(3200))
    at = datetime(day.year, day.month, day.day, chance.randrange(24), chance.randrange(60), chance.randrange(60))
    city, province, latitude, longitude, districts, roads = chance.choice(CITIES)
    house = chance.choice((f"{chance.randrange(1, 999)}号", f"{chance.randrange(1, 999)}号", ""))
    road = chance.choice(districts) + chance.choice(roads)
    place = chance.choice(("", "", province)) + city + road + house + chance.choice(BUILDINGS)
    decimals = chance.choice((4, 5, 6, 6, 6, 7))
    letters = string.ascii_uppercase + string.digits
    return Shot(
        at,
        place,
        chance.choice(SHORT_PLACES),
        chance.choice(ENGLISH_PLACES),
        round(latitude + chance.uniform(-0.3, 0.3), decimals),
        round(longitude + chance.uniform(-0.3, 0.3), decimals),
        decimals,
        "".join(chance.choice(letters) for _ in range(chance.choice((12, 14, 16)))),
        f"{chance.choice(WEATHER)} {chance.randrange(-9, 38)}℃",
    )


def write_lines(rows: Sequence[str], size: float, place: str = "bl", width: float = 80, style: str = "") -> str:
    """Lines of one size in a corner of the picture; `size` and `width` in units."""
    lines = "".join(f"<div>{row}</div>" for row in rows)
    kind = f"font-size:{size:.2f}un;max-width:{width}un;{style}"
    return f'<div class="s {place}" style="{kind}">{lines}</div>'


def write_badge(shot: Shot) -> str:
    """The app's name and the code in the lower right corner."""
    return (
        '<div class="s br" style="font-size:3.6un"><b>今日<span style="color:#ffd84a">水印</span></b><div>相机 真实时间</div>'
        f'<div style="font-size:2.4un">防伪 {shot.code}</div></div>'
    )


def write_panel(title: str, rows: Sequence[tuple[str, str]], chance: random.Random, *, spaced: bool = False) -> str:
    """A titled panel of labelled rows, light or dark, that lets the picture through."""
    colour = chance.choice(
        ("background:#fffffff0;color:#111", "background:#ffffffb8;color:#111", "background:#0a1428a0")
    )
    colon, kind = chance.choice("：:"), ' class="spaced"' if spaced else ""
    body = "".join(
        f'<div class="row"><span class="label"><span{kind}>{label}</span>{colon}</span><span>{value}</span></div>'
        for label, value in rows
    )
    box = f"font-size:3.9un;max-width:74un;{colour}"
    return f'<div class="s bl panel" style="{box}"><div class="head">{title}</div><div class="body">{body}</div></div>'


def write_big_clock(
    clock: str, beside: Sequence[str], below: Sequence[str], *, before: str = "", behind: str = ""
) -> str:
    """A big clock, a bar, two lines right of it; the part of the day small before or behind the clock; lines below."""
    small = '<span style="font-size:4un;margin:0 .7un;white-space:nowrap">'
    halves = [f"{small}{word}</span>" if word else "" for word in (before, behind)]
    right, under = ("".join(f"<div>{row}</div>" for row in rows) for rows in (beside, below))
    return (
        '<div class="s bl" style="max-width:64un"><div class="big">'
        f'{halves[0]}<span class="clock" style="font-size:10.5un">{clock}</span>{halves[1]}<span class="bar"></span>'
        f'<div style="font-size:4.1un;white-space:nowrap">{right}</div></div>'
        f'<div style="font-size:3.9un;margin-top:1.2un">{under}</div></div>'
    )


def _truth(shot: Shot, layout: str, *, seconds: bool, **fields: object) -> StampTruth:
    clock = shot.at.time() if seconds else shot.at.time().replace(second=0)
    return StampTruth(layout, shot.at.date(), clock, **fields)  # type: ignore[arg-type]


def _sign_in(shot: Shot, chance: random.Random) -> Drawn:
    form = chance.choice(("%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d"))
    place = chance.choice((shot.short_place, shot.place))
    rows = [place, f"{shot.at:{form}}&ensp;星期{shot.weekday}"]
    html = (
        '<div class="s bl" style="max-width:62un;font-size:4.3un"><div class="chip">'
        f'<b>打卡</b><b class="clock" style="background:none;font-size:1.4em">{shot.at:%H:%M}</b></div>'
        f'<div class="side">{"".join(f"<div>{row}</div>" for row in rows)}</div>'
        '<div style="font-size:3.5un">今日水印相机已验证考勤信息真实性</div></div>'
    )
    return html, _truth(shot, "sign-in", seconds=False, weekday=shot.at.weekday(), address=place)


def _big_clock(shot: Shot, chance: random.Random) -> Drawn:
    latitude, longitude = shot.both
    pair = chance.choice((f"{latitude}, {longitude}", f"{longitude},{latitude}"))
    beside = [f"{shot.at:%Y-%m-%d}", f"星期{shot.weekday} {shot.weather}"]
    html = write_big_clock(f"{shot.at:%H:%M}", beside, [shot.place, f"经纬度: {pair}"]) + write_badge(shot)
    at = {"longitude": shot.longitude, "latitude": shot.latitude, "code": shot.code}
    return html, _truth(shot, "big clock", seconds=False, weekday=shot.at.weekday(), address=shot.place, **at)


def _twelve_hours(shot: Shot, chance: random.Random) -> Drawn:
    hour = shot.at.hour
    chinese = "凌晨" if hour < 5 else "上午" if hour < 12 else "中午" if hour == 12 else "下午" if hour < 18 else "晚上"
    english, word = "AM" if hour < 12 else "PM", chance.choice(("before", "behind"))
    half = chinese if word == "before" else chance.choice((chinese, english))
    beside = [f"{shot.at:%Y/%m/%d}", f"周{shot.weekday} {shot.weather}"]
    clock = f"{(hour - 1) % 12 + 1:02d}:{shot.at:%M}"
    html = write_big_clock(clock, beside, [shot.short_place], **{word: half})
    return html, _truth(shot, "12 hours", seconds=False, weekday=shot.at.weekday(), address=shot.short_place)


def _site(shot: Shot, chance: random.Random) -> Drawn:
    moment = f"{shot.at:{chance.choice(('%Y.%m.%d', '%Y-%m-%d'))}} {shot.at:%H:%M}"
    rows = [("工程名称", "技能培训"), ("施工区域", shot.short_place), ("施工内容", "理论教学"), ("拍摄时间", moment)]
    return write_panel("工程记录", rows, chance), _truth(shot, "site panel", seconds=False, address=shot.short_place)


def _spaced(shot: Shot, chance: random.Random) -> Drawn:
    rows = [("时间", f"{shot.at:%Y.%m.%d}&ensp;{shot.at:%H:%M}"), ("天气", shot.weather), ("地点", shot.place)]
    html = write_panel("工程记录", rows, chance, spaced=True)
    return html, _truth(shot, "spaced panel", seconds=False, address=shot.place)


def _course(shot: Shot, chance: random.Random) -> Drawn:
    latitude, longitude = shot.both
    began = shot.at - timedelta(days=chance.randrange(1, 40))
    rows = [
        ("培训日期", f"{began:%Y-%m-%d}"),
        ("经纬度", f"{longitude},{latitude}"),
        ("海拔", "62.3米"),
        ("天气", shot.weather),
    ]
    rows += [("拍摄时间", f"{shot.at:%Y-%m-%d %H:%M:%S}"), ("培训地点", shot.place), ("备注", "第3节课")]
    at = {"longitude": shot.longitude, "latitude": shot.latitude}
    return write_panel("培训记录", rows, chance), _truth(shot, "course panel", seconds=True, address=shot.place, **at)


def _labelled(shot: Shot, chance: random.Random) -> Drawn:
    latitude, longitude = shot.both
    colon = chance.choice((": ", "："))
    rows = [f"经度{colon}{longitude}", f"纬度{colon}{latitude}", f"地址{colon}{shot.place}"]
    rows.insert(chance.choice((0, 3)), f"时间{colon}{shot.at:%Y-%m-%d %H:%M:%S}")
    html = write_lines(rows, chance.uniform(3.4, 4.2), style=f"color:{chance.choice(('#fff', '#ffe600'))}")
    at = {"longitude": shot.longitude, "latitude": shot.latitude}
    return html, _truth(shot, "labelled rows", seconds=True, address=shot.place, **at)


def _mark(shot: Shot, chance: random.Random) -> Drawn:
    html = (
        '<div class="s bl" style="font-size:4.6un"><div class="chip"><b style="background:#0bbf9b;color:#fff">✓ 打卡</b>'
        f'<b class="clock" style="background:none;color:#0bbf9b;font-size:1.3em">{shot.at:%H:%M}</b></div>'
        f'<div style="font-size:1.25em">{shot.at:%Y/%m/%d} 星期{shot.weekday}</div><div>● {shot.short_place}</div>'
        '<div style="font-size:.75em;opacity:.8">马克相机已验证照片真实性</div></div>'
    )
    if chance.random() < 0.4:
        rows = [
            f'<span class="clock" style="font-size:3em">{shot.at:%H:%M}</span>',
            f"{shot.at:%Y.%m.%d} 星期{shot.weekday}",
        ]
        html = write_lines([*rows, shot.short_place], 4.3, "bc", 100)
    return html, _truth(shot, "mark camera", seconds=False, weekday=shot.at.weekday(), address=shot.short_place)


def _police(shot: Shot, _chance: random.Random) -> Drawn:
    html = (
        '<div class="s bl panel" style="background:#103c8cd0;padding:1.8un;max-width:70un;'
        'font-size:3.9un"><b><span style="background:#ffd000;color:#123">执勤</span> 赫山分局</b><div class="big">'
        f'<span class="clock" style="font-size:2.2em;margin-right:.2em">{shot.at:%H:%M}</span>'
        f"<div>{shot.at:%Y年%m月%d日}<br>星期{shot.weekday}</div>"
        f"</div><div>{shot.place}</div></div>"
    )
    return html, _truth(shot, "police card", seconds=False, weekday=shot.at.weekday(), address=shot.place)


def _timemark(shot: Shot, chance: random.Random) -> Drawn:
    code = (shot.code + "7Q2X")[:14]
    day = f"{shot.at:{chance.choice(('%d %b %Y', '%b %d, %Y'))}}"
    beside = [day, SHORT_WEEKDAYS[shot.at.weekday()]]
    html = write_big_clock(f"{shot.at:%H:%M}", beside, [shot.english_place[1]])
    html += (
        '<div class="s" style="right:1.2un;bottom:18un;writing-mode:vertical-rl;font-size:2.7un">'
        f"{code}&ensp;Timemark Verified</div>"
    )
    html += write_lines(["<b>Timemark</b>", '<span style="font-size:.7em">100% Genuine</span>'], 4, "br")
    fields = {"weekday": shot.at.weekday(), "address": shot.english_place[1], "code": code}
    return html, _truth(shot, "timemark", seconds=False, **fields)


def _map(shot: Shot, _chance: random.Random) -> Drawn:
    city, street = shot.english_place
    latitude, longitude = round(shot.latitude, 6), round(shot.longitude, 6)
    day = f"{ENGLISH_WEEKDAYS[shot.at.weekday()]}, {shot.at:%d/%m/%Y %I:%M %p} GMT +08:00"
    rows = [f'<span style="font-size:1.4em">{city}</span>', street, f"Lat {latitude:.6f}° Long {longitude:.6f}°", day]
    body = "".join(f"<div>{row}</div>" for row in rows)
    html = (
        '<div class="s big" style="left:2un;right:2un;bottom:2un;font-size:3.1un">'
        '<div style="width:22un;height:22un;background:linear-gradient(30deg,#cfe8c9 40%,#a9cdf2 60%)"></div>'
        f'<div class="body panel" style="flex:1;background:#00000080">{body}</div></div>'
    )
    html += '<div class="s" style="right:2un;bottom:27un;font-size:2.9un">GPS Map Camera</div>'
    fields = {"weekday": shot.at.weekday(), "address": city + street, "longitude": longitude, "latitude": latitude}
    return html, _truth(shot, "gps map camera", seconds=False, **fields)


def _overlay(shot: Shot, chance: random.Random) -> Drawn:
    form = chance.choice(("%m-%d-%Y 星期{} %H:%M:%S", "%Y年%m月%d日 星期{} %H:%M:%S", "%Y-%m-%d %H:%M:%S 星期{}"))
    outline = (
        "-webkit-text-stroke:.9un #000;paint-order:stroke fill;white-space:nowrap;font-family:'Noto Sans Mono CJK SC'"
    )
    html = write_lines([f"{shot.at:{form}}".format(shot.weekday)], chance.uniform(4, 5.5), "tl", 100, outline)
    html += write_lines(["教学1-401"], 4.5, "br", 60, outline)
    return html, _truth(shot, "camera overlay", seconds=True, weekday=shot.at.weekday())


def _degrees(shot: Shot, chance: random.Random) -> Drawn:
    parts = []
    for value in (shot.latitude, shot.longitude):
        tenths = round(value * 36000)
        parts.append((tenths // 36000, tenths % 36000 // 600, tenths % 600 / 10, tenths / 36000))
    (north, east) = (f"{part[0]}°{part[1]:02d}′{part[2]:04.1f}″" for part in parts)
    pair = chance.choice((f"N{north} E{east}", f"北纬{north}&ensp;东经{east}", f"{north}N&ensp;{east}E"))
    rows = [f"{shot.at:%Y-%m-%d %H:%M:%S}", pair, "海拔 62.3米", shot.place]
    fields = {"address": shot.place, "longitude": parts[1][3], "latitude": parts[0][3]}
    return write_lines(rows, 3.8, width=90), _truth(shot, "degrees", seconds=True, **fields)


def _right(shot: Shot, chance: random.Random) -> Drawn:
    latitude, longitude = shot.both
    rows = [f"{shot.at:%d %b %Y %I:%M:%S} {'am' if shot.at.hour < 12 else 'pm'}", f"{latitude}N {longitude}E"]
    rows += [shot.english_place[1], "Altitude:62.3m"]
    html = write_lines(rows, 3.8, chance.choice(("br", "tr")), 70, f"color:{chance.choice(('#fff', '#ff9d2e'))}")
    at = {"longitude": shot.longitude, "latitude": shot.latitude}
    return html, _truth(shot, "right-aligned", seconds=True, address=shot.english_place[1], **at)


def _one_row(shot: Shot, chance: random.Random) -> Drawn:
    rows = [f"{shot.at:%Y年%m月%d日} 周{shot.weekday} {shot.at:%H:%M}", f"◎ {shot.place}"]
    html = write_lines(rows, chance.uniform(3.8, 4.8), chance.choice(("bl", "br", "tl")))
    return html, _truth(shot, "one row", seconds=False, weekday=shot.at.weekday(), address=shot.place)


LAYOUTS: dict[str, Layout] = {
    "sign-in": _sign_in, "big clock": _big_clock, "12 hours": _twelve_hours, "site panel": _site, "spaced panel": _spaced,
    "course panel": _course, "labelled rows": _labelled, "mark camera": _mark, "police card": _police, "timemark": _timemark,
    "gps map camera": _map, "camera overlay": _overlay, "degrees": _degrees, "right-aligned": _right, "one row": _one_row,
}  # fmt: skip
