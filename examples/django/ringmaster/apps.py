"""The application's name and the keys of its tables."""

from django.apps import AppConfig


class RingmasterConfig(AppConfig):
    name = "ringmaster"
    default_auto_field = "django.db.models.BigAutoField"
