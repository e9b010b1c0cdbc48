"""
Clerks who can be killed at any moment: a process that forks one at each line it reads, and says when he is dead.

Run as `python -m tests.cases.killed` with a home of its own and the program's own settings. A clerk takes the households one
after the other, from the one he is told: opens, accepts, investigates, visits with a photo, has the colleague sign, proposes,
confirms. Before each step he says "begin", and once it is committed, what he was answered: that is what was acknowledged. Every
step has a key that does not depend on who sends it, so that the next clerk asks again for what the dead one may have done.
"""

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "yimen.settings"
django.setup()

from django.db import connections, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from tests.cases.town import Town, make_town  # noqa: E402
from tests.make import make_household, make_person  # noqa: E402
from tests.office.test_pictures import jpeg  # noqa: E402
from yimen.cases import actions  # noqa: E402
from yimen.cases.models import Decision  # noqa: E402
from yimen.evidence.models import Statement  # noqa: E402
from yimen.jobs.serving import prepare  # noqa: E402
from yimen.office.access import scope  # noqa: E402
from yimen.office.audit import reading  # noqa: E402
from yimen.office.once import once  # noqa: E402
from yimen.registry.models import Household, Person  # noqa: E402
from yimen.screening.queries import current_rules  # noqa: E402

NURSING = "disability_nursing_subsidy"
HOUSEHOLDS = 250
Home = tuple[Household, Person]


def tell(*words: object) -> None:
    """Say a line at once and whole."""
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def build() -> tuple[Town, list[Home]]:
    """Make the tables, the town, and households that a nursing subsidy is for."""
    prepare()
    town, homes = make_town(), []
    with transaction.atomic(), scope(town.window, "测试"):
        for number in range(2, HOUSEHOLDS + 2):
            home = make_household(town.village, number=str(number))
            person = make_person(home, number=number)
            for source, facts in (("残联", {"残疾等级": 1, "需长期照护": True}), ("人社", {"领取工伤护理费": False})):
                same = {"stated_on": timezone.localdate(), "recorded_at": timezone.now(), "area_path": home.area_path}
                Statement.objects.create(person=person, source=source, facts=facts, **same)
            homes.append((home, person))
    return town, homes


class Clerk:
    """One clerk (and the approver who confirms for him), until he is killed."""

    def __init__(self, town: Town, homes: list[Home]) -> None:
        self.town, self.homes = town, homes

    def work(self, first: int) -> None:
        """Take household after household to its grant."""
        for number in range(first, len(self.homes)):
            case = self.step(number, "open", lambda number=number: self.open(number))["case"]
            self.step(number, "accept", lambda case=case, number=number: self.accept(case, number))
            self.step(number, "verify", lambda case=case: self.verify(case))
            visit = self.step(number, "visit", lambda case=case, number=number: self.visit(case, number))["visit"]
            self.step(number, "sign", lambda visit=visit: self.sign(visit), by=self.town.colleague)
            self.step(number, "propose", lambda case=case: self.propose(case))
            self.step(number, "confirm", lambda case=case: self.confirm(case), by=self.town.approver)

    def step(self, number: int, name: str, do, *, by=None) -> dict:
        tell("begin", number, name)
        with scope(by or self.town.window, "测试"), reading("测试"):
            answer = once(key=f"household-{number}-{name}", action=name, content={}, at=timezone.now(), do=do)
        tell("done", number, name, json.dumps(answer, sort_keys=True))
        return answer

    def open(self, number: int) -> dict:
        home, person = self.homes[number]
        same = {"by": self.town.window, "at": timezone.now()}
        return {"case": actions.open_case(household=home.pk, applicant=person.pk, channel="window", **same).pk.hex}

    def accept(self, case: str, number: int) -> dict:
        asked = [actions.Asked(NURSING, self.homes[number][1].pk)]
        return {"number": actions.accept(case=case, asked=asked, by=self.town.window, at=timezone.now()).number}

    def verify(self, case: str) -> dict:
        return {"case": actions.investigate(case=case, by=self.town.window, at=timezone.now()).pk.hex}

    def visit(self, case: str, number: int) -> dict:
        same = {"case": case, "by": self.town.window, "at": timezone.now()}
        actions.keep_photo(content=jpeg(), **same)
        seen = [actions.Seen(self.homes[number][1].pk.hex, "灵活务工收入", "350.00")]
        same |= {"household_signed": True}
        visit = actions.record_visit(visited_on=timezone.localdate(), second=self.town.colleague, said=seen, **same)
        return {"visit": visit.pk.hex}

    def sign(self, visit: str) -> dict:
        return {"statement": actions.sign_visit(visit=visit, by=self.town.colleague, at=timezone.now()).statements[0]}

    def propose(self, case: str) -> dict:
        decision = Decision.objects.get(case_id=case)
        same = {"by": self.town.window, "at": timezone.now()}
        return {"decision": actions.propose(decision=decision.pk, agrees=True, opinion="符合", **same).pk.hex}

    def confirm(self, case: str) -> dict:
        decision = Decision.objects.get(case_id=case)
        return {"grant": str(actions.confirm(decision=decision.pk, by=self.town.approver, at=timezone.now()).grant_id)}


def main() -> None:
    """Fork a clerk for each line read, and say when he is dead."""
    town, homes = build()
    current_rules()
    connections.close_all()
    tell("ready")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            Clerk(town, homes).work(int(line))
            os._exit(0)
        tell("pid", child)
        os.waitpid(child, 0)
        tell("dead")


if __name__ == "__main__":
    main()
