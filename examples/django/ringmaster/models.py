"""Events as they came."""

from django.db import models


class Event(models.Model):
    """One event of a call. ``key`` says which, however often it comes; each database numbers its attempts from 1."""

    key = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=64)
    attempt = models.BigIntegerField()
    sequence = models.PositiveIntegerField()
    data = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["attempt", "sequence"], name="ringmaster_event_place")]

    def act(self):
        """What your application does with it; an exception here has the event sent again."""
