"""What every paper of a case starts from: the case, its household today, whose it is and which unit signs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from yimen.cases.queries import CasePage, Decision, Recovery
from yimen.office.queries import names_on, place_of
from yimen.policies.model import Policy
from yimen.policies.queries import Rules
from yimen.registry.queries import HouseholdCard, Member, name_of
from yimen.web.papers.wording import OFFICES

COUNTY, TOWN, VILLAGE = 6, 9, 12


@dataclass(frozen=True)
class Held:
    """A case ready for printing: its page, its household today, the rules, the address of the progress page, what was chosen."""

    page: CasePage
    card: HouseholdCard
    rules: Rules
    today: date
    progress: str
    chosen: str = ""

    @property
    def applicant(self) -> Member | None:
        """Return the applicant, or the head where none is named."""
        case = self.page.case
        named = next((one for one in self.card.members if one.person_id == case.applicant_id), None)
        return named or next(iter(self.card.members), None)

    @property
    def applicant_name(self) -> str:
        """Return the applicant's name, also of one who no longer lives here."""
        if self.page.case.applicant_id:
            return name_of(person_id=self.page.case.applicant_id)
        return self.applicant.name if self.applicant else ""

    @property
    def places(self) -> dict[int, str]:
        """Return the names of county, township and village."""
        return names_on(self.page.case.area_path)

    @property
    def town_unit(self) -> str:
        """Return which unit takes applications in: the township's government or the street's office."""
        name = self.places.get(TOWN, "")
        if not name:
            return self.county_unit("民政")
        return f"{name}办事处" if name.endswith("街道") else f"{name}人民政府"

    def county_unit(self, department: str) -> str:
        """Return the county's department."""
        return self.places.get(COUNTY, "") + OFFICES.get(department, f"{department}部门")

    def deciding_unit(self, decision: Decision | Recovery) -> str:
        """Return which unit decided: the township where it confirmed by delegation, else the county's department."""
        if decision.decided_by is not None and decision.department == "民政":
            place = place_of(decision.decided_by, permission="decision.confirm", area_path=decision.area_path)
            if place is not None and len(place.code) > COUNTY:
                return self.town_unit
        return self.county_unit(decision.department)

    def policy(self, decision: Decision) -> Policy | None:
        """Return the policy of a decision as it is today."""
        return self.rules.policy(decision.policy)

    def policy_name(self, decision: Decision) -> str:
        """Return what the policy of a decision is called."""
        policy = self.policy(decision)
        return policy.name if policy else decision.policy

    def subject_name(self, decision: Decision) -> str:
        """Return whom a decision is about, by name."""
        return name_of(person_id=decision.person_id) if decision.person_id else self.applicant_name

    def chosen_decisions(self, *states: str) -> list[Decision]:
        """Return the decisions in these states, only the chosen one if one was chosen."""
        found = [one for one in self.page.decisions if one.state in states]
        return [one for one in found if not self.chosen or str(one.pk) == self.chosen]

    @property
    def heard_on(self) -> date | None:
        """Return the day on which the person was last heard in this case (听取意见), or None."""
        return max((one.on for one in self.page.events if one.step == "hear"), default=None)

    @property
    def phone(self) -> str:
        """Return the window's telephone, or nothing."""
        point = self.page.case.service_point
        return point.phone if point else ""

    @property
    def window(self) -> str:
        """Return where to go."""
        point = self.page.case.service_point
        return f"{point.name}（{point.address}，{point.hours}）" if point else self.window_name

    @property
    def window_name(self) -> str:
        """Return what the window is called."""
        point = self.page.case.service_point
        return point.name if point else f"{self.places.get(TOWN, '')}社会救助窗口"


@dataclass(frozen=True)
class Sheet:
    """What stands on a paper: its parts (each begins a page), who signs, the day, and what it was made from ("": its content)."""

    parts: Sequence[Mapping[str, Any]]
    unit: str
    on: date
    made_from: str = ""
    title: str = ""
