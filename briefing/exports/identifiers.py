"""URIs for articles and for what is said of them, the same for the same content."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from briefing.exports.annotations import Document


def text_uri(document: Document) -> str:
    """Return the URI of an article's text: its hash, as RFC 6920 has it ("ni:///sha-256;…")."""
    digest = urlsafe_b64encode(bytes.fromhex(document.source.sha256)).rstrip(b"=").decode("ascii")
    return f"ni:///sha-256;{digest}"


def result_uri(document: Document, *place: str | int) -> str:
    """Return the URI of a result, or of a place in it."""
    return uuid5(NAMESPACE_URL, json.dumps([document.sha256, document.fingerprint, *place])).urn


def web_url(document: Document) -> str:
    """Return the URL of an article if it is one of a web page, or else ""."""
    try:
        scheme = urlsplit(document.url).scheme
    except ValueError:
        return ""
    return document.url if scheme in ("http", "https") else ""


def digital_source_type(document: Document) -> str:
    """Return the IPTC NewsCode of how a briefing's words came about, as a URI; "" if the briefing does not say it.

    What a model wrote is "trainedAlgorithmicMedia"; sentences of the article are a "composite", and both together a
    "compositeWithTrainedAlgorithmicMedia".
    """
    if not document.meta.style:
        return ""
    if document.meta.style == "extractive":
        code = "composite"
    elif any(sentence.kind == "extracted" for sentence in document.briefing.summary.sentences):
        code = "compositeWithTrainedAlgorithmicMedia"
    else:
        code = "trainedAlgorithmicMedia"
    return f"http://cv.iptc.org/newscodes/digitalsourcetype/{code}"
