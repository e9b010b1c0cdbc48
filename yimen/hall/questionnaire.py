"""
The questionnaire (问卷): set by the county, asked after a rating, answered or not as one likes; and what it shows.

Whoever served never sees an answer, and nobody sees whose it was.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils.timezone import localdate

from yimen.cases.models import HallVisit
from yimen.cases.queries import rated_among
from yimen.hall.frequent import LEAST, frequent
from yimen.hall.models import Answer, AttendanceCase, Question, ServiceRequest
from yimen.office import audit
from yimen.office.access import current, require, within
from yimen.office.models import Staff
from yimen.office.queries import codes_of, own_areas
from yimen.screening.queries import current_rules

# Whoever stands at the door answers a few, not many.
MOST_QUESTIONS = 5
MOST_OPTIONS = 8


class NotAsked(Exception):
    """A question cannot be set or answered like this; the sentence says why."""


@transaction.atomic
def add_question(*, words: str, options: Sequence[str], by: Staff, at: datetime) -> Question:
    """Ask from today on (增加一问); without options it is answered in words. Raises NotAsked in words, NotAllowed."""
    require("hall.team")
    area = min(own_areas(), key=lambda one: len(one.path))
    if not words.strip():
        raise NotAsked("请写明问什么。")
    kept = list(dict.fromkeys(one.strip()[:30] for one in options if one.strip()))
    if len(kept) == 1 or len(kept) > MOST_OPTIONS:
        raise NotAsked(f"选项要么不写（让人自己说），要么写 2 到 {MOST_OPTIONS} 个，一行一个。")
    if Question.objects.filter(area=area, ends_on=None).count() >= MOST_QUESTIONS:
        raise NotAsked(f"同时最多问 {MOST_QUESTIONS} 句，问多了没有人答。请先停一句。")
    try:
        with transaction.atomic():
            made: Question = Question.objects.create(
                area=area, words=words.strip()[:80], options=kept, starts_on=localdate(at), made_by=by
            )
    except IntegrityError:
        raise NotAsked("这一句正在问。") from None
    audit.write(action="question.add", at=at, question=made.pk)
    return made


@transaction.atomic
def end_question(*, question: int, at: datetime) -> None:
    """Ask no more (停问); what was answered stays. Raises NotAsked, NotAllowed."""
    require("hall.team")
    found = Question.objects.filter(_below(), pk=question, ends_on=None).first()
    if found is None:
        raise NotAsked("没有这一句，或已经停了。")
    found.ends_on = localdate(at)
    found.save(update_fields=["ends_on"])
    audit.write(action="question.end", at=at, question=found.pk)


def _below() -> Q:
    return within(current().paths, column="area__path")


def questions_now() -> list[Question]:
    """Return what is asked now below the open scope. Raises NotAllowed."""
    require("hall.team")
    return list(Question.objects.filter(_below(), ends_on=None).select_related("area"))


def questions_after(*, code: str) -> list[Question]:
    """Return what whoever holds the code of a service, and has rated it, is still asked; whoever holds it may ask."""
    visit = HallVisit.objects.filter(code=code).first()
    if visit is None or not rated_among([visit.pk]):
        return []
    asked = Question.objects.filter(area__code__in=codes_of(visit.area_path), ends_on=None)
    # Answered once, the form is over, whether all was answered or not.
    return [] if Answer.objects.filter(visit=visit).exists() else list(asked[:MOST_QUESTIONS])


@transaction.atomic
def answer_questions(*, code: str, said: Mapping[int, str], at: datetime) -> int:
    """
    Take the answers of whoever has rated a service, by question; return how many there were. What is left out is no answer.

    Raises NotAsked if nothing was answered, twice, or with an option that is none.
    """
    asked = {one.pk: one for one in questions_after(code=code)}
    if not asked:
        raise NotAsked("已经答过了，或现在没有要问的。谢谢您。")
    answers = [(asked[key], words.strip()[:120]) for key, words in said.items() if key in asked and words.strip()]
    if not answers:
        raise NotAsked("一句也没有答。不想答，关掉这一页就行。")
    if any(question.options and words not in question.options for question, words in answers):
        raise NotAsked("请从列出的里面选。")
    visit = HallVisit.objects.select_for_update(of=("self",)).get(code=code)
    if Answer.objects.filter(visit=visit).exists():
        raise NotAsked("已经答过了，谢谢您。")
    Answer.objects.bulk_create(
        Answer(question=question, visit=visit, words=words, at=at, area_path=visit.area_path) for question, words in answers
    )
    return len(answers)


@dataclass(frozen=True)
class Told:
    """What was answered to one question: how many answered, how often each option, or the phrases several used."""

    question: Question
    answered: int
    options: Sequence[tuple[str, int]]
    phrases: Sequence[tuple[str, int]]


def told_by_questions(*, since: date, until: date) -> list[Told]:
    """Return what was answered in a span of days below the open scope, by question; nobody's own words. Raises NotAllowed."""
    require("hall.team")
    rows = Answer.objects.filter(at__date__gte=since, at__date__lte=until).values_list("question", "words")
    words: dict[int, list[str]] = {}
    for question, said in rows.order_by("pk"):
        words.setdefault(question, []).append(said)
    asked = Question.objects.filter(_below()).filter(Q(ends_on=None) | Q(pk__in=words))
    return [_told(one, words.get(one.pk, [])) for one in asked]


def _told(question: Question, said: Sequence[str]) -> Told:
    counted = Counter(said)
    options = [(one, counted[one]) for one in question.options]
    return Told(question, len(said), options, [] if question.options else frequent(said, least=LEAST))


@dataclass(frozen=True)
class Frequent:
    """One matter and how many came for it."""

    name: str
    department: str
    number: int


def frequent_matters(*, since: date, until: date) -> list[Frequent]:
    """Return what people took a number for in a span of days, the most frequent first (常办的事). Raises NotAllowed."""
    require("hall.team")
    rows = ServiceRequest.objects.filter(attendance__day__gte=since, attendance__day__lte=until).order_by()
    counted = rows.values_list("matter__name", "matter__department__name").annotate(n=Count("pk"))
    return sorted((Frequent(*row) for row in counted), key=lambda one: (-one.number, one.name))


def frequent_policies(*, since: date, until: date) -> list[Frequent]:
    """Return what was applied for in the cases people came about, the most frequent first. Raises NotAllowed."""
    require("hall.team")
    rows = AttendanceCase.objects.filter(attendance__day__gte=since, attendance__day__lte=until)
    counted: Counter[str] = Counter()
    for asked in _asked_of(rows.values_list("case__asked", flat=True)):
        counted.update(asked)
    rules = current_rules()
    found = ((rules.policy(policy), policy, n) for policy, n in counted.items())
    lines = [Frequent(held.name if held else policy, held.department if held else "", n) for held, policy, n in found]
    return sorted(lines, key=lambda one: (-one.number, one.name))


def _asked_of(cases: Iterable[Sequence[Sequence[str]]]) -> Iterable[set[str]]:
    return ({policy for policy, _ in asked} for asked in cases)
