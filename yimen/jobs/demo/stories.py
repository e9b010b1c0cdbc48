"""
The stories (固定的故事): households told in the reports of four counties, here with invented people.

They do not depend on the seed. A person's `story` names the policies that nobody has applied for yet.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from yimen.jobs.demo.people import Household, Person
from yimen.registry.queries import check_digit


@dataclass(frozen=True)
class Told:
    """One story: what it is called, what a screening must find, and a word its explanation must hold."""

    name: str
    title: str
    kind: str
    policy: str
    word: str


TOLD = (
    Told("turned_sixty", "满60岁的智力残疾人，从没申请过养老护理补贴", "missed", "elderly_care_subsidy", "高龄、失能或残疾"),
    Told("accident", "低保边缘户出车祸后花了大笔必需支出", "missed", "expenditure_temporary_aid", "近三个月必需支出超过本地起点"),
    Told("neighbour", "被举报的邻居：夫妻都上班，收入超过标准", "wrong", "subsistence_allowance", "人均月收入低于当地低保标准"),
    Told("bedridden", "卧床的妇女，护理补贴断了", "missed", "disability_nursing_subsidy", "需要长期照护"),
    Told("from_elsewhere", "外地来的夫妻，快生孩子，钱用光了", "missed", "small_emergency_aid", "遭遇急难"),
    Told("leukaemia", "孩子得白血病的家庭", "missed", "rigid_expenditure_household", "刚性支出占收入超过当地比例"),
    Told("turning_eighty", "90天内满80岁的老人", "soon", "elderly_allowance", "年满80周岁"),
    Told("overdue", "低保复核到期没有复核", "recheck", "subsistence_allowance", "复核已到期"),
    Told("died", "老人去世两个月，高龄津贴还在发", "wrong", "elderly_allowance", "还健在"),
)


class _Teller:
    """Makes the people of the stories; their numbers begin 990191, which the generator never gives."""

    def __init__(self, on: date) -> None:
        self.on, self.made = on, 0

    def person(self, name: str, sex: str, years: int, days: int = 40, *, relation: str = "户主") -> Person:
        self.made += 1
        born_on = date(self.on.year - years, self.on.month, 1) - timedelta(days=days)
        first = f"990191{born_on:%Y%m%d}{self.made * 2 + (sex == '男'):03d}"
        return Person(first + check_digit(first), name, born_on, sex, relation)

    def home(self, name: str, *people: Person, village: str = "柳树村", urban: bool = False) -> Household:
        return Household(f"S{self.made:05d}", "桃源镇", village, urban, list(people), story=name)

    def decided(self, home: Household, kind: str, *, review_in: int = 200) -> None:
        home.kinds[kind] = (self.on - timedelta(days=700), self.on + timedelta(days=review_in))

    def earns(self, home: Household, *yuan: int) -> None:
        for person, amount in zip(home.people, yuan, strict=True):
            person.income, person.assets = Decimal(amount), Decimal(0)
            person.income_on = self.on - timedelta(days=30)
        home.cars, home.houses = 0, 1


def stories(on: date) -> list[Household]:
    """Return the households of the stories as they stand on a day."""
    tell = _Teller(on)
    return [
        _turned_sixty(tell),
        _accident(tell),
        _neighbour(tell),
        _bedridden(tell),
        _from_elsewhere(tell),
        _leukaemia(tell),
        tell.home("turning_eighty", _turning_eighty(tell)),
        _overdue(tell),
        _died(tell),
    ]


def _turned_sixty(tell: _Teller) -> Household:
    man = tell.person("沈小满", "男", 61)
    man.disability, man.grade, man.care, man.story = "智力", 2, False, "elderly_care_subsidy"
    home = tell.home("turned_sixty", man)
    tell.decided(home, "subsistence_allowance")
    tell.earns(home, 120)
    return home


def _accident(tell: _Teller) -> Household:
    man, wife = tell.person("郑长河", "男", 47), tell.person("邓玉梅", "女", 45, relation="配偶")
    son = tell.person("郑家宝", "男", 15, relation="子")
    man.hospital, man.clinic, man.story = Decimal(38000), Decimal(0), "medical_aid"
    home = tell.home("accident", man, wife, son)
    tell.decided(home, "borderline_household")
    tell.earns(home, 1500, 900, 0)
    home.needed = Decimal(46000)
    return home


def _neighbour(tell: _Teller) -> Household:
    man, wife = tell.person("孟大川", "男", 52), tell.person("吕秀英", "女", 50, relation="配偶")
    man.ill = True
    home = tell.home("neighbour", man, wife)
    tell.decided(home, "subsistence_allowance")
    tell.earns(home, 2600, 2300)
    return home


def _bedridden(tell: _Teller) -> Household:
    woman = tell.person("叶桂兰", "女", 58)
    woman.disability, woman.grade, woman.care, woman.injury_pay = "肢体", 1, True, False
    woman.story, woman.stopped_on = "disability_nursing_subsidy", tell.on - timedelta(days=75)
    return tell.home("bedridden", woman, village="杏花村")


def _from_elsewhere(tell: _Teller) -> Household:
    man, wife = tell.person("马东", "男", 26), tell.person("苏小燕", "女", 24, relation="配偶")
    man.here = wife.here = False
    man.emergency, man.story = True, "small_emergency_aid"
    return tell.home("from_elsewhere", man, wife, village="新集村")


def _leukaemia(tell: _Teller) -> Household:
    father, mother = tell.person("傅国强", "男", 38), tell.person("曾晓丽", "女", 36, relation="配偶")
    child = tell.person("傅雨桐", "女", 8, relation="女")
    child.ill, child.hospital, child.clinic = True, Decimal(86000), Decimal(5200)
    home = tell.home("leukaemia", father, mother, child, village="双井村")
    tell.earns(home, 3000, 1500, 0)
    home.rigid = Decimal(120000)
    return home


def _turning_eighty(tell: _Teller) -> Person:
    old = tell.person("蒋福生", "男", 80)
    old.born_on = date((tell.on + timedelta(days=45)).year - 80, (tell.on + timedelta(days=45)).month, 1)
    first = f"990191{old.born_on:%Y%m%d}{old.number[14:17]}"
    old.number = first + check_digit(first)
    return old


def _overdue(tell: _Teller) -> Household:
    home = tell.home("overdue", tell.person("贾德明", "男", 55))
    tell.decided(home, "subsistence_allowance", review_in=-60)
    return home


def _died(tell: _Teller) -> Household:
    wife = tell.person("丁淑华", "女", 78)
    man = tell.person("魏金生", "男", 84, relation="配偶")
    man.died_on, man.story = tell.on - timedelta(days=60), "elderly_allowance"
    return tell.home("died", wife, man, village="青山村")
