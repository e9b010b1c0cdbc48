"""
What departments know of the fictional people (各部门知道的事): disabilities, bills, schools, incomes, in realistic shares,
with as much left unknown as in a real county. Proportions: a real township (柳树镇, 2026-09) and the national figures.
"""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from yimen.jobs.demo.people import Household, Person

URBAN_STANDARD, RURAL_STANDARD = Decimal(780), Decimal(640)
URBAN_EDGE, RURAL_EDGE = Decimal(1170), Decimal(960)
ORPHAN_STATES = ("死亡", "宣告失踪", "查找不到")


def live(home: Household, dice: Random, on: date) -> None:
    """Give a household and its people what departments will say of them."""
    for person in home.people:
        _health(person, dice, on)
        _school(person, dice, on)
        _residence(person, dice)
    lot = dice.random()
    if home.head.age(on) >= 60 and len(home.people) == 1 and lot < 0.22:
        _extreme_poverty(home, dice, on)
    elif lot < 0.03:
        _decided(home, "subsistence_allowance", dice, on)
        _checked(home, dice, on, share=Decimal("0.2"), most=Decimal("0.85"), known=0.9)
    elif lot < 0.037:
        _decided(home, "borderline_household", dice, on)
        _checked(home, dice, on, share=Decimal("1.05"), most=Decimal("1.4"), known=0.9)
    elif lot < 0.04:
        _decided(home, "poverty_return_monitoring", dice, on)
    if home.kinds:
        # Who was decided upon was resident; a registry's note without a date would not speak against the decision.
        home.head.here = True
        _needs(home, dice, on)
    if dice.random() < 0.0006:
        _orphan(home, dice, on)


def _residence(person: Person, dice: Random) -> None:
    person.here = dice.choices((True, False, None), weights=(93, 4, 3))[0]
    person.insured = dice.choices((True, False, None), weights=(92, 3, 5))[0]


def _health(person: Person, dice: Random, on: date) -> None:
    age = person.age(on)
    if dice.random() < (0.02 if age < 18 else 0.05 if age < 60 else 0.09):
        person.disability = dice.choices(
            ("视力", "听力", "言语", "肢体", "智力", "精神", "多重"), weights=(15, 18, 2, 40, 10, 12, 3)
        )[0]
        person.grade = dice.choices((1, 2, 3, 4), weights=(15, 22, 30, 33))[0]
        person.care = dice.choices((True, False, None), weights=(45, 35, 20))[0] if person.grade <= 2 else None
        person.injury_pay = False if person.grade <= 2 and dice.random() < 0.9 else None
        person.legs = person.disability == "肢体" and dice.random() < 0.6
        person.wheelchair = dice.random() < 0.1 if person.legs else None
        if age <= 6:
            person.rehabilitation = dice.choice((True, True, None))
    if dice.random() < (0.05 if age < 60 else 0.14):
        person.hospital = Decimal(dice.choice((300, 1200, 2400, 5200, 9800, 18000, 42000)))
        person.clinic = Decimal(dice.choice((0, 150, 800, 1600)))
        person.ill = person.hospital > 9000 and dice.random() < 0.5


def _school(person: Person, dice: Random, on: date) -> None:
    age = person.age(on)
    stages = ((3, 5, "学前"), (6, 11, "小学"), (12, 14, "初中"), (15, 17, "普通高中"), (18, 21, "本科"))
    stage = next((name for low, high, name in stages if low <= age <= high), None)
    if stage and dice.random() < (0.9 if age < 18 else 0.4):
        person.school = (
            dice.choice(("中职", "普通高中"))
            if stage == "普通高中"
            else dice.choice(("本科", "专科"))
            if stage == "本科"
            else stage
        )


def _decided(home: Household, kind: str, dice: Random, on: date) -> None:
    since = on - timedelta(days=dice.randint(400, 2200))
    home.kinds[kind] = (since, on + timedelta(days=dice.randint(20, 360)))


def _checked(home: Household, dice: Random, on: date, *, share: Decimal, most: Decimal, known: float) -> None:
    """Let the checking office state incomes whose sum lies between two shares of the standard."""
    if dice.random() > known:
        return
    standard = URBAN_STANDARD if home.urban else RURAL_STANDARD
    whole = standard * len(home.people) * (share + (most - share) * Decimal(dice.randint(0, 100)) / 100)
    day = on - timedelta(days=dice.randint(5, 170))
    parts = [dice.randint(0, 3) for _ in home.people]
    parts[0] += 1
    for person, part in zip(home.people, parts, strict=True):
        person.income = (whole * part / sum(parts)).quantize(Decimal("0.01"))
        person.assets = Decimal(dice.choice((0, 0, 600, 2300, 5200)))
        person.income_on = day
    home.cars, home.houses = 0, 1


def _needs(home: Household, dice: Random, on: date) -> None:
    if not home.urban and dice.random() < 0.7:
        home.danger = dice.choices(("A", "B", "C", "D"), weights=(50, 46, 3, 1))[0]
    if home.urban and dice.random() < 0.6:
        home.square = Decimal(dice.choice((38, 55, 72, 90)))


def _extreme_poverty(home: Household, dice: Random, on: date) -> None:
    person = home.head
    person.kind = "特困"
    person.decided_on = on - timedelta(days=dice.randint(400, 2500))
    person.review_on = on + timedelta(days=dice.randint(20, 360))
    person.income, person.assets, person.income_on = Decimal(dice.choice((0, 0, 60, 190))), Decimal(0), on - timedelta(days=60)
    person.obligors = 0
    person.ability = dice.choices(("自理", "部分丧失", "完全丧失", None), weights=(60, 18, 10, 12))[0]
    person.in_home = dice.random() < 0.2


def _orphan(home: Household, dice: Random, on: date) -> None:
    for person in home.people:
        if person.relation in ("子", "女") and person.age(on) < 18:
            person.father, person.mother, person.in_home = "死亡", dice.choice(("死亡", "失联满六个月", "正常")), False
            return
