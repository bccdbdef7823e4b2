"""Models on Amazon Bedrock, by its Converse API.

botocore gives the address, the credentials and the signature. The request is sent by our HTTP client: botocore's has no limit
on the whole exchange nor on the size of a response, and is not async.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import regex
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.errors import MissingKeyError
from briefing.llm.providers.adapter import ErrorFacts, count, get
from briefing.llm.providers.translated_chat import (
    Connection,
    HttpClients,
    TranslatedChat,
    chat_completion,
    schema_of,
    texts,
)

if TYPE_CHECKING:
    from briefing.llm.targets import Target

_SERVICE = "bedrock"
_FINISH = {
    "end_turn": "stop",
    "tool_use": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "refusal": "content_filter",
}
_CONTEXT = regex.compile(r"input is too long|exceeds? context limit|too many input tokens", regex.IGNORECASE)
_DAILY = regex.compile(r"per day|service ?quota", regex.IGNORECASE)
_UNPAID = regex.compile(r"payment instrument", regex.IGNORECASE)


class BedrockError(Exception):
    """A response of Bedrock with an error status; the attributes are those of the SDKs' exceptions."""

    def __init__(self, response: Any) -> None:
        self.status_code: int = response.status_code
        self.response = response
        try:
            self.body = response.json()
        except ValueError:
            self.body = response.text
        super().__init__(f"{self.status_code} {self.body}")


@dataclass
class Signer:
    """Address and credentials of Bedrock in one region."""

    endpoint: str
    region: str
    token: str | None
    credentials: Any

    def request(self, model: str, body: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
        """Return the parameters of a signed HTTP request."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        url = f"{self.endpoint.rstrip('/')}/model/{quote(model, safe='')}/converse"
        content = json.dumps(body).encode()
        own = {"content-type": "application/json"}
        if self.token:
            own["authorization"] = f"Bearer {self.token}"
        else:
            signed = AWSRequest("POST", url, headers=own, data=content)
            SigV4Auth(self.credentials.get_frozen_credentials(), _SERVICE, self.region).add_auth(signed)
            own = dict(signed.headers.items())
        own["accept"] = "application/json"
        return {"method": "POST", "url": url, "content": content, "headers": own | dict(headers)}


class Bedrock(TranslatedChat):
    """Bedrock's Converse. The schema is that of a tool which the model must call: that is what most models there can do."""

    name = "bedrock"
    extra = "bedrock"
    keys = ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE")
    pooled = False  # the signature is of the URL as it is sent
    loggers = ("botocore", "botocore.credentials", "botocore.auth", "botocore.hooks")
    option_names: Mapping[str, str] = {
        "temperature": "temperature",
        "top_p": "topP",
        "stop": "stopSequences",
        "service_tier": "service_tier",
        "max_output_tokens": "max_tokens",
        "extra_headers": "extra_headers",
        "extra_body": "extra_body",
    }

    @override
    def sdk(self, target: Target, clients: HttpClients) -> Signer:
        import botocore.session

        session = botocore.session.get_session()
        region = os.environ.get("AWS_REGION") or session.get_config_variable("region") or "us-east-1"
        token = target.api_key or os.environ.get("AWS_BEARER_TOKEN_BEDROCK")
        credentials = None if token else session.get_credentials()
        if not token and credentials is None:
            raise MissingKeyError(
                f"{target.model} needs AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or "
                "AWS_BEARER_TOKEN_BEDROCK, or pass a Bedrock API key as api_key="
            )
        endpoint = target.base_url
        if endpoint is None:
            client = session.create_client("bedrock-runtime", region_name=region)
            endpoint = client.meta.endpoint_url
            client.close()
        return Signer(endpoint, region, token, credentials)

    @override
    def function(self, connection: Connection) -> Callable[..., Any]:
        signer, http = connection.sdk, connection.http

        def converse(**parameters: Any) -> Any:
            return _checked(http.request(**signer.request(**parameters)))

        async def aconverse(**parameters: Any) -> Any:
            # Temporary credentials may have to be renewed, which waits for a server.
            signed = await asyncio.to_thread(partial(signer.request, **parameters))
            return _checked(await http.request(**signed))

        return aconverse if connection.is_async else converse

    @override
    def translate(self, chat: dict[str, Any]) -> dict[str, Any]:
        messages, stop = chat["messages"], chat.get("stopSequences")
        inference = {
            "maxTokens": chat.get("max_tokens"),
            "temperature": chat.get("temperature"),
            "topP": chat.get("topP"),
            "stopSequences": [stop] if isinstance(stop, str) else stop,
        }
        body: dict[str, Any] = {
            "messages": _turns(messages),
            "system": [{"text": message["content"]} for message in messages if message["role"] == "system"],
            "inferenceConfig": {name: value for name, value in inference.items() if value is not None},
            "additionalModelRequestFields": chat.get("extra_body"),
        }
        if schema := schema_of(chat):
            name = chat["response_format"]["json_schema"]["name"]
            tool = {"name": name, "description": "The answer.", "inputSchema": {"json": schema}}
            body["toolConfig"] = {"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": name}}}
        if tier := chat.get("service_tier"):
            body["serviceTier"] = {"type": tier}
        return {
            "model": chat["model"],
            "body": {name: value for name, value in body.items() if value},
            "headers": chat.get("extra_headers", {}),
        }

    @override
    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        usage, message = body.get("usage"), get(body.get("output"), "message")
        content = get(message, "content")
        calls = (
            [call for part in content if (call := get(part, "toolUse"))] if isinstance(content, list) else []
        )
        reason = str(body.get("stopReason") or "end_turn")
        finish = _FINISH.get(reason, "error")
        cached, cache_written = count(usage, "cacheReadInputTokens"), count(usage, "cacheWriteInputTokens")
        return chat_completion(
            text=json.dumps(get(calls[0], "input"), ensure_ascii=False) if calls else "".join(texts(content)),
            finish=finish if isinstance(message, dict) else None,
            reason=reason,
            # Tokens that are written to the cache or read from it are not among those of the input.
            read=count(usage, "inputTokens") + cached + cache_written,
            written=count(usage, "outputTokens"),
            cached=cached,
            cache_written=cache_written,
            error=reason if finish == "error" else _said(body),
        )

    @override
    def read_error(self, error: BaseException) -> ErrorFacts:
        if not isinstance(error, BedrockError):
            return super().read_error(error)
        message = _said(error.body) or str(error.body or "")
        headers = error.response.headers
        code = str(headers.get("x-amzn-errortype") or get(error.body, "__type") or "")
        code = code.partition(":")[0].rpartition("#")[2]
        status = error.status_code
        if status == 400 and _CONTEXT.search(message):
            code = "context_length_exceeded"
        daily = status == 429 and _DAILY.search(message)
        if daily or code == "ServiceQuotaExceededException" or _UNPAID.search(message):
            code = "insufficient_quota"
        if status == 400 and code == "ThrottlingException":
            status = 429
        if status == 424:  # the model failed
            status = 503
        return ErrorFacts(
            status, message or None, code, headers, error.body if isinstance(error.body, dict) else {}
        )


def _checked(response: Any) -> Any:
    if response.status_code != 200:
        raise BedrockError(response)
    return response


def _said(body: Any) -> str | None:
    said = get(body, "message") or get(body, "Message")
    return str(said) if said else None


def _turns(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages of user and model. Roles must alternate, so neighbours of one role are one message."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] == "system":
            continue
        if not turns or turns[-1]["role"] != message["role"]:
            turns.append({"role": message["role"], "content": []})
        turns[-1]["content"].append({"text": message["content"]})
    return turns


BEDROCK = Bedrock()
