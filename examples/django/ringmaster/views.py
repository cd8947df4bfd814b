"""The receiver: what is signed is kept once, whatever else comes is refused."""

import json

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .models import Event
from .signature import BadSignature, verify


@csrf_exempt
@require_POST
def receive(request):
    """Keeps an event and acts on it, both or neither. One that is here already is answered as the first time."""
    try:
        verify(settings.RINGMASTER_SECRET, request.headers.get("Ringmaster-Signature"), request.body)
    except BadSignature as problem:
        return HttpResponseForbidden(f"{problem}\n")
    told = json.loads(request.body)
    with transaction.atomic():
        event, is_new = Event.objects.get_or_create(
            key=told["id"],
            defaults={
                "kind": told["type"],
                "attempt": told["attempt"],
                "sequence": told["sequence"],
                "data": told["data"],
            },
        )
        if is_new:
            event.act()
    return HttpResponse(status=204)
