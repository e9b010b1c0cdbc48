"""
Whose household is not whole (缺人的户): a row that could not be taken leaves its household with fewer people than it has.

Reckoned with fewer people a household would be answered wrongly, so how many it has stays unknown (待核实) until a roster brings
whoever is missing, or lists the household anew without a row that must come back. The other rows are taken all the same.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from yimen.office.models import Area
from yimen.office.tables import Cell, read_text
from yimen.office.vault import blind_index
from yimen.registry.models import Household, Membership

Key = tuple[Area | None, str, str]


@dataclass(frozen=True, slots=True)
class LostRow:
    """What a row that comes back still tells: its place, its household's number or head, and its ID number as written."""

    village: str
    township: str
    household_number: str
    head: str
    id_number: str

    @classmethod
    def read(cls, cells: Mapping[str, Cell], head: str) -> "LostRow":
        """Read the cells of a row that could not be read whole; `head` is the ID number of the head above it, if any."""
        words = {name: read_text(cells.get(name)) for name in ("village", "township", "household_number", "id_number")}
        number = words["household_number"]
        return cls(**words, head="" if number else read_text(cells.get("head_id")).upper() or head)


@dataclass
class Missing:
    """The rows of one file that came back, by household as far as they tell it: blind indexes of their ID numbers."""

    find: Callable[[str, str], Area | str]
    lost: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))

    def lose(self, row: LostRow) -> None:
        """Take in a row that comes back; one that tells no household leaves none incomplete."""
        if row.household_number or row.head:
            village = self.find(row.village, row.township)
            place = village if isinstance(village, Area) else None
            self.lost[place, row.household_number, row.head].append(blind_index("id_number", row.id_number.upper()))

    def of(self, village: Area, number: str, head: str) -> list[str]:
        """Return the blind indexes of the rows lost from a household, those without a village that can be told included."""
        if not self.lost:
            return []
        return [index for place in (village, None) for index in self.lost.get((place, number, head), ())]


def note_missing(household: Household, lost: Iterable[str], joined: int, told: Collection[str]) -> bool:
    """
    Set how many people are missing from a household; say whether that is other than before.

    `lost` are the blind indexes of its rows that came back, `told` of those that were taken; `joined`: how many people have
    come to it by this load.
    """
    indexes = list(lost)
    before = household.missing_members
    if not indexes and not before:
        return False
    at_home = Membership.objects.filter(household=household, ends_on=None, person__died_on=None)
    if indexes:
        here = set(at_home.filter(person__id_index__in=indexes).values_list("person__id_index", flat=True))
        household.missing_members = sum(index not in here for index in indexes)
    elif told and not at_home.exclude(person__id_index__in=told).exists():
        household.missing_members = 0
    else:
        household.missing_members = max(before - joined, 0)
    return household.missing_members != before
