"""Questionnaires (问卷): a few questions the county sets, answered by whoever has just rated a service. No name is kept."""

from django.db import models
from django.db.models import F, Q

from yimen.office.access import Scoped

STAFF = "office.Staff"


class Question(models.Model):
    """
    One question of an area's questionnaire (问题), from a day until it is ended; without options it is answered in words.

    What was asked is not changed afterwards: another wording is another question. Unscoped: no citizen.
    """

    area = models.ForeignKey("office.Area", on_delete=models.PROTECT, related_name="questions")
    words = models.CharField(max_length=80)
    options = models.JSONField(default=list)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    made_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area", "words"], condition=Q(ends_on=None), name="question_asked_once"),
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="question_ends_after_start"),
        ]
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.words


class Answer(Scoped):
    """What somebody answered to one question after one service (回答): an option, or words. Once, and only added."""

    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")
    visit = models.ForeignKey("cases.HallVisit", on_delete=models.PROTECT, related_name="answers")
    words = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["question", "visit"], name="question_answered_once")]
