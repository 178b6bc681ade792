"""Nineteen stamps as watermark cameras draw them, in HTML, and what each of them says.

After the layouts of the field (the published samples that tests/builders/stamps.py names), with the variations that apps and
phones bring: half-days before and behind the clock, lone weekdays, wrapped addresses, codes downwards at the edge, stamps at the
right, a phone's own bar. Layouts of two panels and of cameras are in browser_panels.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import replace

from tests.builders.browser_markup import DIGITS, ONE_LINE, box, choose_shadow, choose_size, place_at, rows, span
from tests.builders.browser_values import ENGLISH_WEEKDAYS, MONTHS, SHORT_WEEKDAYS, StampValues, split_degrees
from tests.builders.stamps import StampTruth

Drawn = tuple[str, StampTruth]
Layout = Callable[[StampValues, random.Random], Drawn]


def draw_badge(values: StampValues, chance: random.Random) -> str:
    """The app's name and the code against forgery, at the bottom right."""
    name = "今日" + span("color:#ffd84a", "水印")
    camera = "相机 " + span("background:#fff3;border-radius:.2em;padding:0 .25em", "真实时间")
    return box(
        f"position:absolute;right:3u;bottom:3u;text-align:right;color:#fff;{choose_shadow(chance)}",
        box("font-size:4.2u;font-weight:700", name),
        box("font-size:3.2u", camera),
        box("font-size:2.4u;opacity:.92", f"防伪 {values.code}"),
    )


def draw_sign_in(values: StampValues, chance: random.Random) -> Drawn:
    """A chip with the clock; place and day, in either order, behind an amber bar."""
    white = chance.random() < 0.7
    ground, ink = ("#fff", "#111") if white else ("#000c", "#fff")
    word = "background:#f5a623;border-radius:.7u;font-size:4.3u;font-weight:700;padding:.5u .8u;"
    chip = box(
        f"display:inline-flex;align-items:center;background:{ground};border-radius:1u;padding:.6u",
        span(f"{word}color:{'#222' if white else '#fff'}", "打卡"),
        span(f"{DIGITS}font-size:6u;font-weight:700;color:{ink};padding:0 1u", values.minute),
    )
    address = chance.choice((values.landmark, values.place))
    lines = [address, f"{values.join_day(chance.choice('..年-/'))}&ensp;星期{values.weekday_sign}"]
    if chance.random() < 0.4:
        lines.reverse()
    bar = "border-left:.7u solid #f5a623;padding-left:1.6u;margin-top:1.5u;line-height:1.4;"
    parts = [
        chip,
        rows(f"{bar}{choose_size(chance, 4, 4.6)}font-weight:{chance.choice((400, 500, 700))}", lines),
    ]
    if chance.random() < 0.6:
        sign = "◇ " if chance.random() < 0.3 else ""
        parts.append(box("font-size:3.4u;margin-top:1u;opacity:.9", f"{sign}今日水印相机已验证考勤信息真实性"))
    coded = chance.random() < 0.5
    body = box(f"{place_at(chance, 'left', 62)}color:#fff;{choose_shadow(chance)}", *parts)
    body += draw_badge(values, chance) if coded else ""
    return body, values.tell(weekday=True, address=address, code=coded)


def draw_big_clock(values: StampValues, chance: random.Random) -> Drawn:
    """A large clock, a half-day before it at times; behind an amber bar day, weekday and weather; coordinates below."""
    half_day = chance.random() < 0.3 and values.at.hour not in (0, 12)
    clock = values.half_day_minute if half_day else values.minute
    word = "上午" if values.at.hour < 12 else "下午"
    size = f"{choose_size(chance, 9.5, 12)}font-weight:{chance.choice((500, 700))};line-height:1"
    week = chance.choice(("星期", "星期", "周"))
    beside = [values.join_day(chance.choice("--./年")), f"{week}{values.weekday_sign} {values.weather_text}"]
    head = box(
        "display:flex;align-items:center",
        span(f"{ONE_LINE}font-size:4u;margin-right:.8u", word) if half_day else "",
        span(f"{DIGITS}{size}", clock),
        span("background:#fbbf24;width:.8u;height:9u;margin:0 1.8u"),
        rows(f"{ONE_LINE}font-size:4.1u;line-height:1.35", beside),
    )
    below = [values.place]
    located, coded = chance.random() < 0.6, chance.random() < 0.6
    if located:
        pair = [values.latitude_text, values.longitude_text]
        if chance.random() < 0.3:
            pair.reverse()
        below.append(f"经纬度{chance.choice((': ', '：'))}{chance.choice((', ', ',', '，')).join(pair)}")
    body = box(
        f"{place_at(chance, 'left', 64)}color:#fff;{choose_shadow(chance)}",
        head,
        rows("font-size:3.9u;margin-top:1.3u;line-height:1.35", below),
    )
    body += draw_badge(values, chance) if coded else ""
    return body, values.tell(weekday=True, address=values.place, degrees=located, code=coded)


def draw_labelled_rows(values: StampValues, chance: random.Random) -> Drawn:
    """Labels and answers in rows, in several orders and colours."""
    colon = chance.choice((": ", "：", ":"))
    east, north = f"经度{colon}{values.longitude_text}", f"纬度{colon}{values.latitude_text}"
    where, when = f"地址{colon}{values.place}", f"时间{colon}{values.join_day('-')} {values.second}"
    one_row = chance.random() < 0.3
    pair = [f"{east}&emsp;{north}"] if one_row else [east, north]
    lines = [when, where, *pair] if chance.random() < 0.4 else [*pair, where, when]
    if chance.random() < 0.4:
        lines.append(f"海拔{colon}{values.altitude_m}米")
    style = f"color:{chance.choice(('#fff', '#fff', '#ffe600', '#ff5a1f'))};{choose_shadow(chance)}line-height:1.4;"
    body = rows(place_at(chance, "left", 80) + style + choose_size(chance, 3.4, 4.2), lines)
    return body, values.tell(seconds=True, address=values.place, degrees=True)


def draw_mark_chip(values: StampValues, chance: random.Random) -> Drawn:
    """A green and white chip with the clock; day and place below it."""
    address = chance.choice((values.landmark, values.place))
    word = "background:#0bbf9b;color:#fff;border-radius:.6u;font-size:4.6u;padding:.6u 1.2u;font-weight:700"
    body = box(
        f"{place_at(chance)}color:#fff;{choose_shadow(chance)}",
        box(
            "display:inline-flex;align-items:center;background:#fff;border-radius:.8u;padding:.7u;text-shadow:none",
            span(word, "✓ 打卡"),
            span(f"{DIGITS}color:#0bbf9b;font-size:6u;font-weight:700;padding:0 1.5u", values.minute),
        ),
        box("font-size:5.8u;font-weight:700;margin-top:1u", f"{values.join_day('/')} 星期{values.weekday_sign}"),
        box("font-size:4.6u;font-weight:500;margin-top:.7u", span("margin:0 1.5u", "●"), address),
        box("font-size:3.4u;opacity:.75;margin-top:2u", f"{chance.choice(('', '◇ '))}马克相机已验证照片真实性"),
    )
    return body, values.tell(weekday=True, address=address)


def draw_mark_centred(values: StampValues, chance: random.Random) -> Drawn:
    """Clock, day and place in the middle of the lower edge."""
    address = chance.choice((values.landmark, values.place))
    body = box(
        f"{place_at(chance, 'middle')}color:#fff;{choose_shadow(chance)}",
        box(f"{DIGITS}font-size:13u;line-height:1.1;font-weight:{chance.choice((300, 500))}", values.minute),
        box("font-size:4.4u", f"{values.join_day('.')} 星期{values.weekday_sign}"),
        box("font-size:4.2u;padding:0 10u", address),
    )
    return body, values.tell(weekday=True, address=address)


def draw_police_card(values: StampValues, chance: random.Random) -> Drawn:
    """A blue card: an office, a clock with the day beside it, a place."""
    duty = span(
        "background:#ffd000;color:#123;padding:0 .3em;border-radius:.15em;margin-right:.5em",
        chance.choice(("执勤", "巡逻", "培训")),
    )
    beside = f"{values.chinese_day}<br>星期{values.weekday_sign} {values.weather_text}"
    body = box(
        f"{place_at(chance)}background:rgba(16,60,140,.82);color:#fff;border-radius:1u;padding:1.5u 2u",
        box("font-size:4.2u;font-weight:700", duty, chance.choice(("赫山分局", "职业技能鉴定中心", "雨花派出所"))),
        box(
            "display:flex;align-items:center;margin:1u 0",
            span(f"{DIGITS}font-size:8.5u;font-weight:700;margin-right:2u", values.minute),
            span(f"{ONE_LINE}font-size:4u", beside),
        ),
        box("font-size:3.8u;line-height:1.4", values.place),
    )
    return body, values.tell(weekday=True, address=values.place)


def draw_timemark(values: StampValues, chance: random.Random) -> Drawn:
    """A large clock with AM or PM behind it at times, English dates mostly; the code runs downwards at the right edge."""
    values = replace(values, code="".join(chance.choices(string.ascii_uppercase + string.digits, k=14)))
    half_day, american, chinese = (chance.random() < share for share in (0.4, 0.3, 0.25))
    month = MONTHS[values.at.month - 1]
    day = f"{month} {values.at:%d, %Y}" if american else f"{values.at:%d} {month} {values.at.year}"
    weekday = SHORT_WEEKDAYS[values.at.weekday()]
    address = values.place if chinese else values.english.street
    if chinese:
        day, weekday = values.join_day("-"), f"星期{values.weekday_sign}"
    half = span("font-size:4u;margin-left:.6u", f"{'AM' if values.at.hour < 12 else 'PM'}") if half_day else ""
    clock = values.half_day_minute if half_day else values.minute
    shadow = choose_shadow(chance)
    stamp = box(
        f"{place_at(chance, 'left', 66)}color:#fff;{shadow}",
        box(
            "display:flex;align-items:center",
            span(f"{DIGITS}font-size:10u;font-weight:700;line-height:1", clock),
            half,
            span("background:#ffc400;width:.8u;height:8.5u;margin:0 1.6u"),
            span(f"{ONE_LINE}font-size:4u;line-height:1.3", f"{day}<br>{weekday}"),
        ),
        box("font-size:3.9u;margin-top:1u;line-height:1.35", address),
    )
    edge = "position:absolute;right:1.2u;bottom:18u;writing-mode:vertical-rl;color:#fff;opacity:.9;"
    downwards = box(
        f"{edge}{choose_shadow(chance)}font-size:2.7u;letter-spacing:.05em", f"{values.code}&ensp;Timemark Verified"
    )
    corner = "position:absolute;right:4u;bottom:3u;color:#fff;text-align:right;font-size:4.2u;font-weight:700;"
    brand = box(
        corner + choose_shadow(chance),
        span("color:#ffc400", "Time"),
        "mark",
        box("font-size:2.7u;font-weight:400", "100% Genuine"),
    )
    return stamp + downwards + brand, values.tell(weekday=True, address=address, code=True)


def draw_gps_map(values: StampValues, chance: random.Random) -> Drawn:
    """GPS Map Camera: a small map, and beside it place, coordinates and a moment with its offset, day first."""
    english = values.english
    latitude = round(english.latitude + chance.uniform(-0.2, 0.2), 6)
    longitude = round(english.longitude + chance.uniform(-0.2, 0.2), 6)
    named = chance.random() < 0.6
    weekday = f"{ENGLISH_WEEKDAYS[values.at.weekday()]}, " if named else ""
    half = "AM" if values.at.hour < 12 else "PM"
    offset = chance.choice(("+08:00", "+08:00", "+05:30"))
    moment = f"{weekday}{values.at:%d/%m/%Y} {values.half_day_minute} {half} GMT {offset}"
    ground = "linear-gradient(30deg,#cfe8c9 30%,#f3eccf 30% 55%,#a9cdf2 55%)"
    chart = box(
        f"width:22u;height:22u;background:{ground};border-radius:1u;margin-right:1u;position:relative",
        span("position:absolute;left:0;bottom:0;color:#555;font-size:2.4u", "Google"),
    )
    lines = [english.street, f"Lat {latitude:.6f}° Long {longitude:.6f}°", moment]
    text = box(
        "flex:1;background:rgba(0,0,0,.5);border-radius:1u;padding:1.2u 2u;line-height:1.35",
        box("font-size:4.6u", english.city),
        rows("font-size:3.1u", lines),
    )
    name = "position:absolute;right:2u;bottom:25u;background:#0006;color:#fff;font-size:2.9u;padding:.3u 1u"
    body = box("position:absolute;left:2u;right:2u;bottom:2u;display:flex;align-items:stretch;color:#fff", chart, text)
    truth = replace(
        values.tell(weekday=named, address=f"{english.city} {english.street}"),
        longitude=longitude,
        latitude=latitude,
        address_forms=(english.street,),
    )
    return body + box(name, "GPS Map Camera"), truth


def draw_degrees(values: StampValues, chance: random.Random) -> Drawn:
    """Degrees, minutes and seconds, their letters before, behind or in Chinese."""
    decimals = chance.choice((0, 1, 2, 2))
    north, east = split_degrees(values.latitude, decimals), split_degrees(values.longitude, decimals)
    plain = chance.random() < 0.4
    width = 2 if decimals == 0 else 3 + decimals

    def write(parts: tuple[int, int, float, float]) -> str:
        if plain:
            return f"{parts[0]}°{parts[1]}'{parts[2]:.{decimals}f}\""
        return f"{parts[0]}°{parts[1]:02d}′{parts[2]:0{width}.{decimals}f}″"

    n, e = write(north), write(east)
    pair = chance.choice((f"N{n} E{e}", f"{n}N&ensp;{e}E", f"北纬{n}&ensp;东经{e}", f"E{e}, N{n}"))
    moment, height = f"{values.join_day(chance.choice('-./'))} {values.second}", f"海拔 {values.altitude_m}米"
    lines = [pair, height, moment] if chance.random() < 0.5 else [moment, pair, height]
    style = f"color:#fff;{choose_shadow(chance)}line-height:1.4;{choose_size(chance, 3.5, 4.2)}"
    body = rows(place_at(chance, "left", 90) + style, [*lines, values.place])
    truth = values.tell(seconds=True, address=values.place)
    return body, replace(truth, longitude=east[3], latitude=north[3])


def draw_east_north(values: StampValues, chance: random.Random) -> Drawn:
    """东经 and 北纬 in any corner, in several colours."""
    lines = [
        f"{values.chinese_day} 星期{values.weekday_sign}&ensp;{values.second}",
        f"东经{values.longitude_text}° 北纬{values.latitude_text}°",
        values.place,
        f"方位角 {chance.randrange(360)}°&ensp;天气 {values.weather}",
    ]
    colour = chance.choice(("#fff", "#ff8c1a", "#ffef3a"))
    corner = place_at(chance, chance.choice(("top right", "right", "top left", "left")), 80)
    style = f"color:{colour};{choose_shadow(chance)}line-height:1.4;{choose_size(chance, 3.4, 4.2)}"
    return rows(corner + style, lines), values.tell(seconds=True, weekday=True, address=values.place, degrees=True)
