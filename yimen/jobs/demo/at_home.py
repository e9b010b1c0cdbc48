"""The demonstration's applications from home and its authorities (网上申请、委托书): two still to be looked at, one in use."""

from datetime import timedelta

from django.utils.timezone import localdate

from yimen.cases import actions
from yimen.jobs.demo.hands import Hands, Home, photograph
from yimen.office.models import Area
from yimen.registry.queries import Member

LOW = "subsistence_allowance"
AGENT_NAME, AGENT_NUMBER = "程念安", "990101198803152049"


def _applicant(home: Home) -> Member:
    return next(one for one in home.card.members if one.person_id == home.applicant)


def from_home(hands: Hands, home: Home) -> None:
    """Filled in on a telephone and submitted; nobody has seen the ID card yet."""
    head = _applicant(home)
    area = Area.objects.get(path=home.card.area_path)
    with hands.desk("demo_town"):
        at = hands.ago(1)
        form = actions.Form(
            name=head.name,
            number=home.number,
            phone="13900000000（虚构）",
            others="；".join(f"{one.name}，{one.relation}" for one in home.card.members if one != head),
            matter="家里今年收成不好，看能不能申请低保",
        )
        begun, _ = actions.begin_online(area=area, form=form, at=at)
        said = [{"who": "me", "fact": "月收入", "value": "300.00", "text": "300 元"}]
        actions.keep_online(online=begun.row.pk, at=at, said=said, asked=[[LOW, ""]], consents={"me": "yes"}, declared=True)
        actions.submit_online(online=begun.row.pk, at=at)


def _given(hands: Hands, days: int) -> actions.Given:
    on = localdate(hands.ago(days))
    return actions.Given(
        agent_name=AGENT_NAME,
        agent_number=AGENT_NUMBER,
        relation="帮办代办员",
        matters=["apply", "papers", "ask"],
        starts_on=on,
        ends_on=on + timedelta(days=180),
        photo=photograph(),
    )


def helped(hands: Hands, home: Home) -> None:
    """A household that authorised the helping agent at the window: the agent may apply for it."""
    with hands.desk("demo_town") as staff:
        actions.record_authority(
            household=home.key,
            principal=home.applicant,
            given=_given(hands, 3),
            by=staff,
            at=hands.ago(3),
            agent=hands.staff["demo_agent"],
        )


def authority_to_see(hands: Hands, home: Home) -> None:
    """A paper the helping agent photographed; nobody else has seen it, so it opens nothing yet."""
    head = _applicant(home)
    with hands.desk("demo_agent") as agent:
        actions.record_own_authority(name=head.name, number=home.number, given=_given(hands, 1), by=agent, at=hands.ago(1))
