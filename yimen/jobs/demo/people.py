"""Fictional people and households (虚构的人): numbers of area 99, which nobody has; names put together by chance."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from yimen.registry.queries import check_digit

TOWNS = ("城关镇", "桃源镇", "柳溪镇", "青禾镇", "石桥镇", "梨花乡", "云岭乡", "长河乡")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
GIVEN = "秀英桂兰玉珍淑华建国志强永福德明春梅小满文静海燕俊杰雪莲长根水生金花银凤铁柱晓东丽娟家宝子涵雨桐浩然欣怡"


@dataclass(slots=True)
class Person:
    """One person and what departments will say of them; None is what nobody says."""

    number: str
    name: str
    born_on: date
    sex: str
    relation: str
    here: bool | None = True
    died_on: date | None = None
    kind: str = ""
    decided_on: date | None = None
    stopped_on: date | None = None
    review_on: date | None = None
    disability: str | None = None
    grade: int | None = None
    care: bool | None = None
    legs: bool | None = None
    wheelchair: bool | None = None
    injury_pay: bool | None = None
    insured: bool | None = None
    hospital: Decimal | None = None
    clinic: Decimal | None = None
    ill: bool | None = None
    school: str | None = None
    income: Decimal | None = None
    income_on: date | None = None
    income_seen: Decimal | None = None
    assets: Decimal | None = None
    ability: str | None = None
    in_home: bool | None = None
    obligors: int | None = None
    father: str | None = None
    mother: str | None = None
    autism: bool | None = None
    rehabilitation: bool | None = None
    was_orphan: bool | None = None
    emergency: bool | None = None
    away: bool | None = None
    story: str = ""

    def age(self, on: date) -> int:
        """Return full years of age."""
        return on.year - self.born_on.year - ((on.month, on.day) < (self.born_on.month, self.born_on.day))


@dataclass(slots=True)
class Household:
    """One household and what departments will say of it."""

    number: str
    town: str
    village: str
    urban: bool
    people: list[Person]
    kinds: dict[str, tuple[date, date]] = field(default_factory=dict)
    cars: int | None = None
    houses: int | None = None
    square: Decimal | None = None
    danger: str | None = None
    needed: Decimal | None = None
    rigid: Decimal | None = None
    story: str = ""

    @property
    def head(self) -> Person:
        """Return the head of the household."""
        return self.people[0]

    @property
    def living(self) -> list[Person]:
        """Return those who live."""
        return [person for person in self.people if person.died_on is None]

    @property
    def family(self) -> list[Person]:
        """Return those who live and count as members: not who is in prison."""
        return [person for person in self.living if not person.away]


class Registry:
    """Hands out numbers and names; a seed gives the same people again."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.serials: dict[str, int] = {}

    def number(self, town: int, born_on: date, sex: str) -> str:
        """Return an ID number nobody else has: area 9901, then the town, the day, a serial of the right sex."""
        first = f"9901{town:02d}{born_on:%Y%m%d}"
        serial = self.serials.get(first + sex, 1 if sex == "男" else 2)
        self.serials[first + sex] = serial + 2
        return f"{first}{serial:03d}" + check_digit(f"{first}{serial:03d}")

    def person(self, town: int, relation: str, born_on: date, *, sex: str = "", surname: str = "") -> Person:
        """Return a new person."""
        sex = sex or self.dice.choice("男女")
        name = (surname or self.dice.choice(SURNAMES)) + "".join(self.dice.sample(GIVEN, self.dice.choice((1, 2, 2))))
        return Person(self.number(town, born_on, sex), name, born_on, sex, relation)

    def born(self, youngest: int, oldest: int, on: date) -> date:
        """Return a birthday for somebody of these ages."""
        return on - timedelta(days=self.dice.randint(youngest * 365 + youngest // 4 + 100, oldest * 365 + oldest // 4))


def households(dice: Random, villages: dict[str, list[str]], people: int, on: date) -> Iterator[Household]:
    """Yield households until there are so many people, spread over towns and villages as people live."""
    registry, made, number = Registry(dice), 0, 0
    while made < people:
        number += 1
        town = dice.choices(range(len(TOWNS)), weights=(5, 3, 2, 2, 3, 1, 1, 2))[0]
        village = dice.choice(villages[TOWNS[town]])
        members = _family(registry, town + 1, on)
        made += len(members)
        yield Household(f"H{number:06d}", TOWNS[town], village, village.endswith("社区"), members)


def _family(registry: Registry, town: int, on: date) -> list[Person]:
    dice = registry.dice
    shape = dice.choices(("couple", "young", "old", "alone", "three"), weights=(22, 34, 16, 8, 20))[0]
    if shape == "alone":
        return [registry.person(town, "户主", registry.born(35, 92, on))]
    old = shape == "old"
    head = registry.person(town, "户主", registry.born(60, 92, on) if old else registry.born(26, 62, on), sex="男")
    spouse_born = min(head.born_on + timedelta(days=dice.randint(-900, 1500)), on - timedelta(days=7000))
    family = [head, registry.person(town, "配偶", spouse_born, sex="女")]
    if shape in ("young", "three"):
        for _ in range(dice.choice((1, 1, 2, 2, 3))):
            oldest = min(24, head.age(on) - 20)
            family.append(
                registry.person(town, dice.choice(("子", "女")), registry.born(0, max(oldest, 1), on), surname=head.name[0])
            )
    if shape == "three":
        family.append(registry.person(town, "母亲", registry.born(min(head.age(on) + 20, 90), 96, on), sex="女"))
    return family
