"""Where it is received: ``path("ringmaster/", include("ringmaster.urls"))``."""

from django.urls import path

from .views import receive

urlpatterns = [path("", receive, name="ringmaster-events")]
