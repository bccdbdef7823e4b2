"""Tests of the errors that exceptions of SDKs and transports are mapped to."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable

import pytest

from briefing import Usage
from briefing.errors import ServerError, TlsError, UnreachableError
from briefing.llm.deadline import Deadline
from briefing.llm.error_mapping import map_error, map_json_errors
from briefing.llm.targets import target_of


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (ssl.SSLCertVerificationError("self-signed"), TlsError),
        (ssl.SSLEOFError("closed"), UnreachableError),
        (ssl.SSLZeroReturnError("closed"), UnreachableError),
    ],
)
def test_a_connection_that_ends_during_tls_is_no_tls_error(cause: OSError, kind: type[Exception]) -> None:
    """It may be temporary; a certificate that is not trusted is not."""
    error = ConnectionError("failed")
    error.__cause__ = cause
    assert kind is type(map_error(error, target_of("openai/x"), 1, Usage(), Deadline()))


@pytest.mark.parametrize("read", [b"\xff".decode, lambda: json.loads("{")], ids=["bytes", "text"])
def test_a_response_that_is_not_json_is_a_server_error(read: Callable[[], object]) -> None:
    """Of undecodable bytes as of malformed text, with the decoder's message."""
    with pytest.raises(ServerError, match="the server sent no JSON, despite") as caught, map_json_errors():
        read()
    assert str(caught.value.__cause__) == caught.value.provider_message
