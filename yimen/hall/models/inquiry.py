"""How often it was asked whether somebody has priority: numbers of questions, never whom they were about."""

from django.db import models

from yimen.hall.models.venue import Venue


class Inquiry(models.Model):
    """How many ID numbers a machine or a member of staff had looked up in a venue in one hour (识别次数). Unscoped."""

    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="inquiries")
    asker = models.CharField(max_length=60)
    hour = models.DateTimeField(db_index=True)
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["venue", "asker", "hour"], name="inquiry_counted_once")]
