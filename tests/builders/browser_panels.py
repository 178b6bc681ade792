"""Stamps in HTML: engineering panels and cards, what cameras and phones print of their own; and the list of all layouts."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from tests.builders.browser_layouts import (
    Drawn,
    Layout,
    draw_big_clock,
    draw_degrees,
    draw_east_north,
    draw_gps_map,
    draw_labelled_rows,
    draw_mark_centred,
    draw_mark_chip,
    draw_police_card,
    draw_sign_in,
    draw_timemark,
)
from tests.builders.browser_markup import DIGITS, box, choose_shadow, choose_size, panel, place_at, rows, span
from tests.builders.browser_values import MONTHS, StampValues, split_degrees

OVERLAY_FAMILIES = (
    "'Noto Sans Mono CJK SC'",
    "'DejaVu Sans Mono','WenQuanYi Zen Hei Mono'",
    "Hack,'WenQuanYi Micro Hei Mono'",
    "'Noto Serif CJK SC'",
)


def draw_engineering(values: StampValues, chance: random.Random) -> Drawn:
    """A white panel of four rows below a company's name."""
    colon = chance.choice(("：", "：", ":", ": "))
    title = chance.choice(("中交一航局二公司", "职业技能培训", "工程记录", "补贴性培训考勤"))
    lines = [
        (f"工程名称{colon}", "港珠澳大桥"),
        (f"施工区域{colon}", values.landmark),
        (f"施工内容{colon}", "接头钢壳混凝土浇筑"),
        (f"拍摄时间{colon}", f"{values.join_day(chance.choice('.-/'))} {values.minute}"),
    ]
    head = chance.choice(("#3b7bf6", "#1f9d6b", "#d9822b"))
    style = f"{place_at(chance, 'left', 66)}min-width:46u;background:#fff;"
    return panel(title, head, "color:#111;font-size:4.1u;", lines, style=style), values.tell(address=values.landmark)


def draw_engineering_spaced(values: StampValues, chance: random.Random) -> Drawn:
    """A panel that lets the picture through, its labels spread to one width."""
    colon = chance.choice((":", "："))
    lines = [
        (f"时间{colon}", f"{values.join_day(chance.choice('.-'))}&ensp;{values.minute}"),
        (f"天气{colon}", values.weather_text),
        (f"地点{colon}", values.place),
    ]
    light = chance.choice(("rgba(110,110,110,.85)", "rgba(255,255,255,.55)", "rgba(230,240,255,.75)"))
    ground, ink = ("rgba(20,30,50,.55)", "#fff") if chance.random() < 0.5 else (light, "#111")
    style = f"{place_at(chance, 'left', 72)}min-width:50u;background:{ground};"
    body = panel("工程记录", "#2f7fcfee", f"color:{ink};font-size:4u;", lines, style=style, spaced=True)
    return body, values.tell(address=values.place)


def draw_long_panel(values: StampValues, chance: random.Random) -> Drawn:
    """A panel of six to eight rows, dark or light, at the left or the right."""
    colon = chance.choice(("：", ":"))
    lines = [
        (f"项目名称{colon}", chance.choice(("2025年度技能提升行动", "保育员培训班", "电工(初级)培训"))),
        (f"拍摄人{colon}", chance.choice(("张三丰", "李敏", "欧阳海"))),
        (f"经纬度{colon}", f"{values.longitude_text},{values.latitude_text}"),
        (f"海拔{colon}", f"{values.altitude_m}米"),
        (f"天气{colon}", values.weather_text),
        (f"拍摄时间{colon}", f"{values.join_day('-')} {values.second}"),
        (f"地点{colon}", values.place),
        (f"备注{colon}", chance.choice(("第3节课", "上午课程", "理论教学"))),
    ]
    if chance.random() < 0.3:
        lines = [(name, answer) for name, answer in lines if name[:2] not in ("备注", "海拔")]
    ground, ink = ("rgba(0,0,0,.42)", "#fff") if chance.random() < 0.5 else ("rgba(255,255,255,.72)", "#111")
    title = chance.choice(("培训记录", "现场拍照", "水印相机"))
    style = f"{place_at(chance, chance.choice(('left', 'left', 'right')), 76)}min-width:53u;background:{ground};"
    body = panel(title, "rgba(0,90,180,.8)", f"color:{ink};font-size:3.7u;", lines, style=style)
    return body, values.tell(seconds=True, address=values.place, degrees=True)


def draw_mark_card(values: StampValues, chance: random.Random) -> Drawn:
    """A green and white card, its clock in the head."""
    head = "background:#0aa37f;color:#fff;font-size:4.4u;padding:.8u 2u;display:flex;justify-content:space-between"
    lines = [
        f"日&emsp;期：{values.join_day('-')} 星期{values.weekday_sign}",
        f"地&emsp;点：{values.place}",
        f"天&emsp;气：{values.weather_text}",
    ]
    ground = "text-align:left;border-radius:1.2u;overflow:hidden;background:rgba(255,255,255,.88);color:#222"
    card = box(
        place_at(chance, "left", 62) + ground,
        box(head, "<b>打卡记录</b>", span(f"{DIGITS}font-weight:700;margin-left:2em", values.minute)),
        rows("font-size:3.8u;padding:1.2u 2u;line-height:1.5", lines),
    )
    name = f"position:absolute;right:3u;bottom:3u;color:#fff;font-size:3.6u;{choose_shadow(chance)}"
    return card + box(name, "马克水印相机"), values.tell(weekday=True, address=values.place)


def draw_camera_overlay(values: StampValues, chance: random.Random) -> Drawn:
    """What a fixed camera prints: outlined letters, the day in three orders; the room at the bottom right."""
    week = f"星期{values.weekday_sign}"
    moment = chance.choice(
        (
            f"{values.at:%m-%d-%Y} {week} {values.second}",
            f"{values.chinese_day} {week} {values.second}",
            f"{values.join_day('-')} {values.second} {week}",
        )
    )
    room = chance.choice(("教学1-401", "实训室03", "Camera 01", "培训教室二", "一楼大厅 东"))
    outline = "color:#fff;-webkit-text-stroke:.9u #000;paint-order:stroke fill;white-space:nowrap;"
    style = f"{outline}font-family:{chance.choice(OVERLAY_FAMILIES)},var(--letters);{choose_size(chance, 4, 5.5)}"
    body = box(f"position:absolute;left:3u;top:3u;{style}", moment)
    body += box(f"position:absolute;right:4u;bottom:4u;{style}", room)
    return body, values.tell(seconds=True, weekday=True)


def draw_yuandao(values: StampValues, chance: random.Random) -> Drawn:
    """元道经纬相机: labelled rows with both coordinates in one."""
    lines = [
        f"时间：{values.join_day('-')} {values.second}",
        f"地址：{values.place}",
        f"经度：{values.longitude_text}&emsp;纬度：{values.latitude_text}",
        f"海拔：{values.altitude_m}米&emsp;方位：{chance.choice('东南西北')} {chance.randrange(360)}°",
    ]
    if chance.random() < 0.5:
        lines.append("备注：技能培训")
    body = box(
        f"{place_at(chance, 'left', 85)}color:#fff;{choose_shadow(chance)}line-height:1.45;",
        box("font-size:4.2u;font-weight:700;color:#ffd000", "元道经纬相机"),
        rows(choose_size(chance, 3.3, 3.9), lines),
    )
    return body, values.tell(seconds=True, address=values.place, degrees=True)


def draw_timestamp_right(values: StampValues, chance: random.Random) -> Drawn:
    """Timestamp Camera: rows that end at the right edge, half-days in words before or letters behind the clock."""
    chinese = chance.random() < 0.6
    clock = f"{values.half_day_minute}:{values.at:%S}"
    if chinese:
        moment, address = f"{values.chinese_day} {_name_half_day(values.at.hour)}{clock}", values.place
    else:
        half = "am" if values.at.hour < 12 else "pm"
        day = f"{values.at:%d} {MONTHS[values.at.month - 1]} {values.at.year}"
        moment, address = f"{day} {clock} {half}", values.english.street
    located = chance.random() < 0.7
    pair = [f"{values.latitude_text}N {values.longitude_text}E"] if located else []
    height, speed = ("海拔:{}米", "速度:0.0km/h") if chinese else ("Altitude:{}m", "Speed:0.0km/h")
    more = [height.format(values.altitude_m), speed] if chance.random() < 0.5 else []
    colour = chance.choice(("#fff", "#ff9d2e", "#ffe14d"))
    style = f"color:{colour};{choose_shadow(chance)}line-height:1.35;{choose_size(chance, 3.5, 4.3)}"
    body = rows(place_at(chance, "right") + style, [moment, *pair, address, *more])
    return body, values.tell(seconds=True, address=address, degrees=located)


def draw_phone_bar(values: StampValues, chance: random.Random) -> Drawn:
    """A phone's own white bar across the lower edge."""
    north, east = split_degrees(values.latitude, 0), split_degrees(values.longitude, 0)
    pair = f"{north[0]}°{north[1]}'{north[2]:.0f}\"N&ensp;{east[0]}°{east[1]}'{east[2]:.0f}\"E"
    moment = span("color:#666", f"{values.join_day('.')}&ensp;{values.second}")
    bar = "position:absolute;left:0;right:0;bottom:0;height:12u;padding:0 3u;box-sizing:border-box;"
    body = box(
        f"{bar}background:#fff;color:#111;display:flex;justify-content:space-between;align-items:center",
        span("font-size:4u;font-weight:700", chance.choice(("Xiaomi 14", "HUAWEI P60", "vivo X100", "OPPO Find X6"))),
        span("font-size:3.2u;line-height:1.3;text-align:right", f"<b>{pair}</b><br>{moment}"),
    )
    return body, replace(values.tell(seconds=True), longitude=east[3], latitude=north[3])


def draw_one_row(values: StampValues, chance: random.Random) -> Drawn:
    """The moment in one row, the place below it."""
    week = values.weekday_sign
    forms = (
        (f"{values.join_day('-')} {values.minute} 星期{week}", True),
        (f"{values.join_day('.')} 周{week} {values.minute}", True),
        (f"{values.chinese_day} {values.minute}", False),
    )
    moment, weekday = chance.choice(forms)
    shadow = choose_shadow(chance)
    corner = place_at(chance, chance.choice(("left", "right", "top left")), 80)
    style = f"color:#fff;{shadow}line-height:1.4;{choose_size(chance, 3.8, 4.8)}"
    name = f"position:absolute;right:3u;top:3u;color:#fff;opacity:.85;font-size:3.4u;{shadow}"
    body = rows(corner + style, [moment, f"◎ {values.place}"]) + box(name, "水印相机")
    return body, values.tell(weekday=weekday, address=values.place)


def _name_half_day(hour: int) -> str:
    """What Chinese phones call an hour."""
    names = ((5, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
    return next(name for end, name in names if hour < end)


BROWSER_LAYOUTS: Mapping[str, Layout] = {
    "01 sign-in": draw_sign_in,
    "02 big clock": draw_big_clock,
    "04a engineering": draw_engineering,
    "04b engineering, spaced": draw_engineering_spaced,
    "04c panel of many rows": draw_long_panel,
    "05 labelled rows": draw_labelled_rows,
    "06a mark chip": draw_mark_chip,
    "06b mark centred": draw_mark_centred,
    "06c mark card": draw_mark_card,
    "07 police card": draw_police_card,
    "08 timemark": draw_timemark,
    "09 gps map camera": draw_gps_map,
    "10 camera overlay": draw_camera_overlay,
    "11a degrees": draw_degrees,
    "11b east and north": draw_east_north,
    "12 yuandao": draw_yuandao,
    "13 timestamp, right": draw_timestamp_right,
    "14 phone bar": draw_phone_bar,
    "15 one row": draw_one_row,
}
MAIN_BROWSER_LAYOUTS = ("01 sign-in", "02 big clock", "05 labelled rows")
