"""Who sent it, and when: the header ``Ringmaster-Signature``.

It reads ``t=1700000000,v1=5257a8...``: the moment of sending in seconds since 1970, and the HMAC-SHA256 of that number, a dot
and the body as it came, under the secret that both sides share, in hexadecimal.
"""

import hashlib
import hmac
import time

# How old a request may be, in seconds, and how far our clocks may be apart. Each delivery is signed anew, retries too.
TOLERANCE = 300


class BadSignature(Exception):
    """The request is not to be trusted; the text says why."""


def verify(secret, header, body, now=None, tolerance=TOLERANCE):
    """Checks that ``body`` (bytes, exactly as they came) was signed with ``secret`` a moment ago.

    Returns the moment of sending, in seconds since 1970; raises BadSignature.
    """
    parts = [part.strip().partition("=") for part in (header or "").split(",")]
    moments = [value for name, _, value in parts if name == "t"]
    signatures = [value for name, _, value in parts if name == "v1"]
    if len(moments) != 1 or not moments[0].isascii() or not moments[0].isdigit() or not signatures:
        raise BadSignature("the header is not t=<seconds>,v1=<signature>")
    signed = moments[0].encode() + b"." + body
    right = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    if not any(hmac.compare_digest(right.encode(), given.encode()) for given in signatures):
        raise BadSignature("it was signed with another secret, or changed on its way")
    sent = int(moments[0])
    if abs((time.time() if now is None else now) - sent) > tolerance:
        raise BadSignature("it is too old, or the clocks are apart")
    return sent
