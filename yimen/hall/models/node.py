"""A venue that runs by itself (单机): whose numbers are whose on which day, what it tells, and what does not agree."""

import uuid

from django.db import models
from django.db.models import Q

from yimen.hall.models.device import Device
from yimen.hall.models.venue import Venue
from yimen.hall.words import Mismatch, Settling

STAFF = "office.Staff"


class Node(models.Model):
    """
    The machine on which a venue runs by itself (单机). Unscoped: it holds no citizen.

    From `first_day` to `last_day` (None: until further notice) it alone gives out the venue's numbers; taken back before its
    time, it does so until `ended_at`. One row stands at the centre and one, as `is_here`, on the machine. `package` is the
    number of the newest package it was sent, `dealt_with` up to which of its events the centre has come, `checked` up to which
    it has looked up who was recognised, `unsettled` how many do not agree, `known_as` what the centre calls accounts made on
    the machine, `also` who works there beside those of the place itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="nodes")
    device = models.OneToOneField(Device, null=True, on_delete=models.PROTECT, related_name="node")
    is_here = models.BooleanField(default=False)
    is_installing = models.BooleanField(default=False)
    first_day = models.DateField()
    last_day = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=80, blank=True)
    package = models.PositiveIntegerField(default=0)
    valid_until = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    dealt_with = models.PositiveBigIntegerField(default=0)
    checked = models.PositiveBigIntegerField(default=0)
    unsettled = models.PositiveIntegerField(default=0)
    heard_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True)
    known_as = models.JSONField(default=dict)
    also = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["venue"], condition=Q(last_day=None), name="node_one_of_a_venue"),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(last_day__isnull=False), name="node_ended_has_a_last_day"),
            # A day may be given back before the first has come: then it never had one.
            models.CheckConstraint(condition=Q(last_day=None) | ~Q(reason=""), name="node_given_back_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.venue}的单机"


class Event(models.Model):
    """
    One change of one row on the machine (场所记录), in the order they were made there. Only added, here and there. Unscoped.

    `sequence` has no gap. `about` is whose affair it is (the attendance, mostly). Of a new row `changes` holds every column,
    of a changed one each changed column as it was and as it became; whoever and whatever it names stands there by its name.
    """

    id = models.UUIDField(primary_key=True)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveBigIntegerField()
    table = models.CharField(max_length=40)
    row = models.CharField(max_length=36)
    about = models.CharField(max_length=60)
    is_new = models.BooleanField()
    changes = models.JSONField()
    at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "sequence"], name="event_sequence_once")]
        indexes = [models.Index(fields=["node", "about"], name="events_of_an_affair")]
        ordering = ("sequence",)


class Brought(models.Model):
    """Under which key a row of the machine stands at the centre, where that is another one (对照). Only added. Unscoped."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    table = models.CharField(max_length=40)
    row = models.CharField(max_length=36)
    here = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "table", "row"], name="brought_once")]


class Disagreement(models.Model):
    """
    What a machine told and the centre knows otherwise (对不上的), until a person has settled it with a reason. Unscoped.

    Where it `holds` something back, nothing of the affair is entered from `event` on; otherwise it was entered, and somebody has
    to look. Neither side is overwritten: `here` is what the centre had when it was found, the event is what the machine told
    (`there` is what it told otherwise under the same number).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="disagreements")
    kind = models.CharField(max_length=10, choices=Mismatch)
    about = models.CharField(max_length=60)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    holds = models.BooleanField()
    there = models.CharField(max_length=300, blank=True)
    here = models.CharField(max_length=300)
    unknown = models.CharField(max_length=60, blank=True)
    found_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    settling = models.CharField(max_length=8, choices=Settling, blank=True)
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node", "kind", "about"], condition=Q(settled_at=None), name="disagreement_once"),
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by=None, settling="", reason="")
                | (Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(settling="") & ~Q(reason="")),
                name="disagreement_settled_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["node", "about"], name="disagreements_of_an_affair")]
