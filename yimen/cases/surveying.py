"""By which article a household is visited (入户依据): what its policies say, and that none is entered where they say nothing."""

from collections.abc import Iterable

from django.utils.timezone import localdate

from yimen.cases.dues import policy_at
from yimen.cases.models import Case, Decision
from yimen.policies.model import Survey
from yimen.screening.queries import current_rules

NOT_ENTERED = "依据条款未录入"


def survey_basis(case: Case, *, policies: Iterable[str] = ()) -> str:
    """Return the articles by which two go to a household, of some policies or of all that a case asks about."""
    return _joined(survey.basis for survey in _surveys(case, policies))


def county_survey_basis(case: Case, *, policies: Iterable[str] = ()) -> str:
    """Return the articles by which the county goes itself, likewise."""
    return _joined(survey.by_county for survey in _surveys(case, policies))


def _surveys(case: Case, policies: Iterable[str]) -> list[Survey]:
    on, rules = localdate(case.accepted_at or case.opened_at), current_rules()
    rows = Decision.objects.filter(case=case).order_by("pk").values_list("policy", flat=True)
    asked = dict.fromkeys(list(policies) or list(rows) or [policy for policy, _ in case.asked])
    found = (policy_at(one, area_path=case.area_path, rules=rules, on=on) for one in asked)
    return [one.survey for one in found if one is not None]


def _joined(articles: Iterable[str]) -> str:
    return "、".join(dict.fromkeys(one for one in articles if one)) or NOT_ENTERED
