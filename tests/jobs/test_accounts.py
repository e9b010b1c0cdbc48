"""The demonstration accounts: everybody whose work can be shown, each marked, and all of them told in the handbook."""

from yimen.jobs.demo.accounts import FIRM, POSTS
from yimen.office.actions import DEPARTMENTS
from yimen.office.permissions import PERMISSIONS
from yimen.screening.queries import current_rules
from yimen.settings import BASE


def test_every_account_is_marked_as_a_demonstration_and_told_in_the_handbook():
    handbook = (BASE / "docs" / "operating.md").read_text(encoding="utf-8")

    assert [name for _, name, *_ in POSTS if not name.startswith("演示·")] == []
    assert [username for username, *_ in POSTS if f"`{username}`" not in handbook] == []


def test_every_post_of_a_person_and_every_department_that_decides_has_an_account():
    desks = {DEPARTMENTS[department] for _, _, department, *_ in POSTS if department != FIRM}
    deciding = {one for policy in current_rules().policies for one in policy.department.split("、")}

    assert PERMISSIONS.keys() - {kind for *_, kind, _ in POSTS} == {"portal"}
    # 发改 only starts the price subsidy, which is paid to whoever receives anyhow.
    assert deciding - desks == {"发改"}


def test_a_town_has_two_clerks_and_a_third_party_goes_in_twos():
    places = [(kind, area) for *_, kind, area in POSTS]

    for kind in ("town_clerk", "third_party"):
        assert len([one for one in places if one[0] == kind]) == 2
    assert len({area for kind, area in places if kind in ("town_clerk", "town_approver", "third_party")}) == 1
