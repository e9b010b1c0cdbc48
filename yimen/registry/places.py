"""Places (村居): which village a row of a file means, and which county a whole roster is of, by the names it writes."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path

from yimen.office.access import current
from yimen.office.models import Area
from yimen.office.tables import open_table, read_text, rows_of
from yimen.registry.models import Household
from yimen.registry.roster import HEADINGS


class NotOneCounty(Exception):
    """It cannot be told whose file it is; `counties` are those it may be, `why` says what was seen."""

    def __init__(self, why: str, counties: Sequence[Area]) -> None:
        super().__init__(why)
        self.why, self.counties = why, counties


class Villages:
    """Finds a village by code or name, within the open scope only."""

    def __init__(self) -> None:
        paths = current().paths
        self.by_name: dict[str, list[Area]] = defaultdict(list)
        for area in Area.objects.filter(level=5).select_related("parent"):
            if any(area.path.startswith(path) for path in paths):
                for key in {area.code, area.name, _short(area.name)}:
                    self.by_name[key].append(area)

    def all_called(self, village: str, township: str) -> list[Area]:
        """Return every village that may be meant."""
        found = self.by_name.get(village) or self.by_name.get(_short(village)) or []
        if township:
            found = [area for area in found if area.parent and township in (area.parent.name, area.parent.code)]
        return found

    def find(self, village: str, township: str) -> Area | str:
        """Return the village, or the sentence why it cannot be told."""
        found = self.all_called(village, township)
        if len(found) == 1:
            return found[0]
        if not found:
            return f"村居“{township}{village}”不在您的辖区，或名称与区划不一致。请按区划名称填写。"
        return f"有 {len(found)} 个村居叫“{village}”，请在“乡镇”一栏写明属于哪个乡镇，或填 12 位村居代码。"


def county_of(path: str) -> str:
    """Return the county's code in an area path, by its place in the path ("37.3717.371702." → "371702")."""
    steps = path.split(".")
    return steps[2] if len(steps) > 3 else steps[-2]


def county_of_roster(*, path: Path, name: str) -> Area:
    """
    Return the county a roster is of: the only one in which lie all the villages of the file that lie anywhere.

    Raises NotOneCounty if its villages lie in several, could as well be those of another, or lie nowhere; TableProblem if the
    file is no roster.
    """
    table, match = open_table(path=path, name=name, headings=HEADINGS)
    villages = Villages()
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    places = {(read_text(cells.get("village")), read_text(cells.get("township"))) for _, cells in rows_of(table, match)}
    for place in places:
        for area in villages.all_called(*place):
            found[county_of(area.path)].add(place)
    if not found:
        example = "".join(reversed(min(places))) if places else ""
        raise NotOneCounty(f"名册里的村居在区划里一个也没有{f'（如“{example}”）' if example else ''}，看不出是哪个县的。", [])
    most = max(found.values(), key=len)
    fitting = _areas([code for code, held in found.items() if held == most])
    apart = _areas([code for code, held in found.items() if not held <= most])
    if apart:
        raise NotOneCounty(f"名册里的村居分在 {len(fitting) + len(apart)} 个县，看不出是哪个县的。", [*fitting, *apart])
    if len(fitting) > 1:
        raise NotOneCounty(f"名册里的村居，{len(fitting)} 个县都有同名的，看不出是哪个县的。", fitting)
    return fitting[0]


def county_with_people() -> Area:
    """Return the only county in which somebody is registered. Raises NotOneCounty if there are several or none."""
    paths = Household.objects.order_by().values_list("area_path", flat=True).distinct()
    counties = _areas({county_of(path) for path in paths})
    if len(counties) == 1:
        return counties[0]
    if counties:
        raise NotOneCounty(f"登记了人的有 {len(counties)} 个县，看不出这个文件是哪个县的。", counties)
    raise NotOneCounty("名册里还没有人（请先装名册），看不出这个文件是哪个县的。", [])


def _areas(codes: Collection[str]) -> list[Area]:
    return list(Area.objects.filter(code__in=codes).order_by("code"))


def _short(name: str) -> str:
    for ending in ("村民委员会", "居民委员会", "村委会", "居委会", "社区", "村"):
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending)
    return name
