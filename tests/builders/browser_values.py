"""What the stamps of browser_stamps say: moments, places as Chinese and English addresses write them, codes.

Written apart from tests/builders/stamps.py: a reader that was developed against one set of drawings is measured with another.
Everything follows from a `random.Random`.
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tests.builders.stamps import StampTruth

WEEKDAY_SIGNS = "一二三四五六日"
ENGLISH_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT_WEEKDAYS = ("Mon", "Tues", "Wed", "Thur", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEATHERS = ("晴", "多云", "阴", "小雨", "雾", "中雨", "阵雨", "晴转多云", "霾", "大雪")


@dataclass(frozen=True, slots=True)
class City:
    """A city with its middle (degrees), its province ("" for a municipality), some districts and roads."""

    name: str
    latitude: float
    longitude: float
    province: str
    districts: str
    roads: str


@dataclass(frozen=True, slots=True)
class EnglishPlace:
    """A place as apps with English letters print it; degrees."""

    city: str
    street: str
    latitude: float
    longitude: float


CITIES = (
    City("益阳市", 28.57, 112.35, "湖南省", "赫山区 资阳区 桃江县 安化县 南县",
         "桃花仑西路 康富南路 金山路 迎宾东路 龙洲路 五一西路"),
    City("长沙市", 28.21, 112.97, "湖南省", "岳麓区 雨花区 开福区 天心区 望城区",
         "麓山南路 韶山北路 芙蓉中路一段 岳麓大道 万家丽北路"),
    City("成都市", 30.65, 104.07, "四川省", "武侯区 锦江区 青羊区 郫都区 龙泉驿区",
         "天府大道中段 人民南路四段 蜀汉路 红光大道 红星路二段"),
    City("深圳市", 22.54, 114.06, "广东省", "南山区 福田区 宝安区 龙岗区",
         "科苑南路 深南大道 龙翔大道 新湖路 红荔西路"),
    City("广州市", 23.13, 113.27, "广东省", "天河区 越秀区 番禺区 白云区",
         "体育东路 中山六路 天河北路 机场路 大学城外环西路"),
    City("杭州市", 30.27, 120.15, "浙江省", "西湖区 余杭区 萧山区 滨江区",
         "文三路 文一西路 江南大道 市心中路 古墩路"),
    City("西安市", 34.34, 108.94, "陕西省", "雁塔区 碑林区 长安区 未央区",
         "小寨东路 南二环东段 凤城八路 友谊西路 韦郭路"),
    City("哈尔滨市", 45.80, 126.53, "黑龙江省", "南岗区 道里区 香坊区 松北区",
         "西大直街 中央大街 学府路 世茂大道 红旗大街"),
    City("乌鲁木齐市", 43.82, 87.61, "新疆维吾尔自治区", "天山区 沙依巴克区 新市区",
         "友好北路 北京南路 新华北路 克拉玛依西街"),
    City("昆明市", 25.04, 102.71, "云南省", "五华区 盘龙区 官渡区 呈贡区",
         "东风西路 北京路 彩云北路 人民东路 春融街"),
    City("北京市", 39.90, 116.40, "", "海淀区 朝阳区 西城区 通州区",
         "中关村大街 建国路 学院路 阜成门外大街 新华西街"),
    City("上海市", 31.23, 121.47, "", "浦东新区 徐汇区 杨浦区 闵行区",
         "张杨路 漕溪北路 国权路 沪闵路 世纪大道"),
    City("沈阳市", 41.80, 123.43, "辽宁省", "和平区 沈河区 浑南区",
         "南京北街 青年大街 三好街 全运路"),
    City("三亚市", 18.25, 109.51, "海南省", "吉阳区 天涯区 海棠区",
         "迎宾路 解放路 河东路 落笔洞路"),
)  # fmt: skip
ENDINGS = (
    "", "", "", "益阳职业技术学院", "实训中心3号楼", "职业技能培训学校", "人社局二楼", "社区服务中心", "创业孵化基地", "万达广场",
    "工业园A栋", "图书馆", "第一中学", "党群服务中心", "会议室", "·人民广场", "(北门)", "软件园B座1208室", "村民委员会",
)  # fmt: skip
LANDMARKS = (
    "北京·三里屯", "白云机场", "天涯海角", "人民广场", "益阳·赫山", "长沙·五一广场", "杭州·西湖文化广场", "成都·天府广场",
    "人力资源大厦", "职教中心", "实训楼", "沅江·琼湖",
)  # fmt: skip
ENGLISH_PLACES = (
    EnglishPlace("Bengaluru, Karnataka, India", "80 Feet Rd, Koramangala 4th Block, Bengaluru 560034, India", 12.93, 77.62),
    EnglishPlace("Changsha, Hunan, China", "932 Lushan South Rd, Yuelu District, Changsha 410083", 28.17, 112.94),
    EnglishPlace("Yiyang, Hunan, China", "788 Taohualun West Road, Heshan District 413000", 28.57, 112.35),
    EnglishPlace("Shenzhen, Guangdong, China", "Keyuan South Road 18, Nanshan 518057", 22.53, 113.95),
    EnglishPlace("Chengdu, Sichuan, China", "Tianfu Avenue 666, Wuhou District", 30.58, 104.06),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StampValues:
    """What one stamp may say, each layout printing its part. Degrees are rounded to `decimals`, as printed."""

    at: datetime
    place: str
    landmark: str
    english: EnglishPlace
    latitude: float
    longitude: float
    decimals: int
    code: str
    weather: str
    celsius: int
    altitude_m: float

    @property
    def weekday_sign(self) -> str:
        """一 to 日."""
        return WEEKDAY_SIGNS[self.at.weekday()]

    @property
    def chinese_day(self) -> str:
        """2023年06月12日."""
        return f"{self.at:%Y年%m月%d日}"

    @property
    def minute(self) -> str:
        """09:12."""
        return f"{self.at:%H:%M}"

    @property
    def second(self) -> str:
        """09:12:07."""
        return f"{self.at:%H:%M:%S}"

    @property
    def half_day_hour(self) -> int:
        """The hour of a clock with twelve: 1 to 12."""
        return (self.at.hour - 1) % 12 + 1

    @property
    def half_day_minute(self) -> str:
        """09:12 of a clock with twelve hours."""
        return f"{self.half_day_hour:02d}:{self.at:%M}"

    @property
    def latitude_text(self) -> str:
        """As printed, with its trailing zeros."""
        return f"{self.latitude:.{self.decimals}f}"

    @property
    def longitude_text(self) -> str:
        """As printed, with its trailing zeros."""
        return f"{self.longitude:.{self.decimals}f}"

    @property
    def weather_text(self) -> str:
        """晴 21℃."""
        return f"{self.weather} {self.celsius}℃"

    def join_day(self, sign: str) -> str:
        """Year, month and day with a sign between them; 年 writes the Chinese form."""
        return self.chinese_day if sign == "年" else self.at.strftime(f"%Y{sign}%m{sign}%d")

    def tell(
        self,
        *,
        seconds: bool = False,
        weekday: bool = False,
        address: str | None = None,
        degrees: bool = False,
        code: bool = False,
    ) -> StampTruth:
        """The truth of a layout that prints these of the values; its layout and box are named by who draws it."""
        clock = time(self.at.hour, self.at.minute, self.at.second if seconds else 0)
        return StampTruth(
            "", self.at.date(), clock, self.at.weekday() if weekday else None, address,
            self.longitude if degrees else None, self.latitude if degrees else None, self.code if code else None,
        )  # fmt: skip


def choose_values(chance: random.Random) -> StampValues:
    """Random values: days of 2018 to 2026, mostly hours of the day, four to seven decimals."""
    day = date(2018, 1, 1) + timedelta(days=chance.randrange(365 * 9 - 40))
    # Midnight and noon are what half-day clocks get wrong: one stamp in three tells an hour that is 0, 12 or 23.
    hour = chance.choice([chance.randrange(7, 22)] * 8 + [0, 12, 23, 12])
    at = datetime(day.year, day.month, day.day, hour, chance.randrange(60), chance.randrange(60))
    city = chance.choice(CITIES)
    decimals = chance.choice((4, 5, 6, 6, 6, 7))
    return StampValues(
        at=at,
        place=_choose_address(chance, city),
        landmark=chance.choice(LANDMARKS),
        english=chance.choice(ENGLISH_PLACES),
        latitude=round(city.latitude + chance.uniform(-0.3, 0.3), decimals),
        longitude=round(city.longitude + chance.uniform(-0.3, 0.3), decimals),
        decimals=decimals,
        code="".join(chance.choices(string.ascii_uppercase + string.digits, k=chance.choice((12, 14, 14, 16)))),
        weather=chance.choice(WEATHERS),
        celsius=chance.randrange(-9, 38),
        altitude_m=round(chance.uniform(2, 900), 1),
    )


def split_degrees(degrees: float, decimals: int) -> tuple[int, int, float, float]:
    """Degrees, minutes and seconds as printed with these decimals of a second, and the degrees that they stand for."""
    parts = round(degrees * 3600 * 10**decimals)
    whole, parts = divmod(parts, 3600 * 10**decimals)
    minutes, parts = divmod(parts, 60 * 10**decimals)
    seconds = parts / 10**decimals
    return whole, minutes, seconds, whole + minutes / 60 + seconds / 3600


def _choose_address(chance: random.Random, city: City) -> str:
    province = city.province if chance.random() < 0.35 else ""
    number = f"{chance.randrange(1, 999)}号" if chance.random() < 0.8 else ""
    district, road = chance.choice(city.districts.split()), chance.choice(city.roads.split())
    return f"{province}{city.name}{district}{road}{number}{chance.choice(ENDINGS)}"
