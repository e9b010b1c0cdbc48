import json

import pytest
from django.core.cache import cache
from django.test import Client

from tests.cases.town import NOON, Town, declare, make_town
from tests.web.conftest import code_of, enter
from yimen.office.access import System, scope
from yimen.office.actions import add_client
from yimen.office.models import Area
from yimen.office.vault import blind_index
from yimen.registry.queries import check_digit

__all__ = ["code_of", "enter"]


def number_of(first_17: str) -> str:
    return first_17 + check_digit(first_17)


APPLICANT = number_of("99010119650615001")


@pytest.fixture(autouse=True)
def _fresh_codes():
    cache.clear()


@pytest.fixture
def town(db) -> Town:
    """The town, its household found by the applicant's number, with what the departments know of him."""
    town = make_town()
    with town.at_desk(town.window):
        town.person.id_number, town.person.id_index = APPLICANT, blind_index("id_number", APPLICANT)
        town.person.save()
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    return town


class Program:
    """A program at the other end of the line, with its token."""

    def __init__(self, token: str) -> None:
        self.http, self.token = Client(), token

    def send(self, body, *, key="key-00000001", path="/api/applications", **more):
        sent = body if isinstance(body, str) else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        return self.http.post(path, sent, **({"content_type": "application/json", "headers": headers} | more))

    def ask(self, path, **query):
        return self.http.get(path, query, headers={"Authorization": f"Bearer {self.token}"})


def make_program(area: Area, username: str = "portal") -> Program:
    with scope(System("test"), "测试"):
        return Program(add_client(username=username, name="省平台（虚构）", area=area, post="portal", by=None, at=NOON)[1])


@pytest.fixture
def portal(town) -> Program:
    return make_program(Area.objects.get(code="990101"))
