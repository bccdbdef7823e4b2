"""The faults that `faults.py` plays, and what `briefing` does about each."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from fault_callers import KEY, SAID, Data

from briefing.testing.fake_model import Fault

#: Tokens of each answer that is paid for.
TOKENS = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


def completion(request: Data, content: str | None, **ended: Any) -> Data:
    """An answer of the OpenAI protocol, as text or as the call of the tool that was offered."""
    message: Data = {"role": "assistant", "content": content, "refusal": ended.get("refusal")}
    if request.get("tools") and content is not None:
        function = {"name": request["tools"][0]["function"]["name"], "arguments": content}
        message |= {"content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]}
    choice = {"index": 0, "message": message, "finish_reason": ended.get("finish_reason", "stop")}
    return {
        "id": "fake",
        "object": "chat.completion",
        "created": 0,
        "model": "fake",
        "choices": [choice],
        "usage": TOKENS,
    }


Make = Callable[[int, Data, Data], Fault]


@dataclass(frozen=True)
class Case:
    """A fault, and what `briefing` does about it."""

    name: str
    does: str
    #: From the number of a request, the request, and the good answer to it.
    make: Make
    #: Whether each answer is one that a provider charges for.
    paid: bool = False
    #: Whether the server gives a reason.
    says: bool = False
    #: Whether it repeats the key in it.
    echoes: bool = False
    #: Where the address leads: to the server, to a port where nobody listens, to the server by TLS, which it does not speak.
    address: Literal["server", "nobody", "tls"] = "server"
    #: Whether there is no playing it once.
    lasts: bool = False


def error(status: int, said: str = SAID, code: str | None = None, **headers: str) -> Make:
    """An error of a status in OpenAI's form, whose message repeats the key."""
    body = {"error": {"message": f"{said} (your key: {KEY})", "type": "fake", "param": None, "code": code}}
    fault = Fault(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return lambda *_: fault


def answered(
    change: Callable[[Data], str | None],
    *,
    finish_reason: str = "stop",
    refusal: str | None = None,
    **fault: Any,
) -> Make:
    """A changed answer, which is paid for, or a good one that is sent badly."""
    return lambda _number, request, good: Fault(
        body=completion(request, change(good), finish_reason=finish_reason, refusal=refusal), **fault
    )


def sent(**fault: Any) -> Make:
    """A fault that does not depend on the request."""
    return lambda *_: Fault(**fault)


def in_two_seconds(number: int, request: Data, good: Data) -> Fault:
    """429 until a date."""
    date = email.utils.formatdate(time.time() + 2, usegmt=True)
    return error(429, retry_after=date)(number, request, good)


def without_choices(_number: int, request: Data, _good: Data) -> Fault:
    """A completion with no choice in it."""
    return Fault(body=completion(request, None) | {"choices": []})


def nowhere(good: Data) -> str:
    """Another quotation, which is not in the article: an id of none, or words of nobody."""
    pointed = {"id": "q99", "speaker": None}
    copied = {"text": "It was the wind", "speaker": None}
    quotes = good["key_quotes"]
    return json.dumps(good | {"key_quotes": [*quotes, pointed if "id" in quotes[0] else copied]})


def twice(good: Data) -> str:
    """Each quotation twice."""
    return json.dumps(good | {"key_quotes": good["key_quotes"] * 2})


def not_a_number(good: Data) -> str:
    """NaN where a text is due."""
    return json.dumps(good | {"headline": float("nan")})


def by_turns(number: int, request: Data, good: Data) -> Fault:
    """Two failures of the server, then one of the model."""
    make = error(500) if (number + 1) % 3 else answered(misshapen)
    return make(number, request, good)


def misshapen(_good: Data) -> str:
    """Valid JSON that nobody asked for."""
    return '{"title": [1]}'


def ill_formed(good: Data) -> str:
    """An answer whose first colon is missing."""
    return json.dumps(good).replace(":", "", 1)


def half(good: Data) -> str:
    """The first half of an answer."""
    text = json.dumps(good)
    return text[: len(text) // 2]


def huge(good: Data) -> str:
    """An answer with a field that nobody asked for."""
    return json.dumps(good | {"padding": "x" * 10_000_000})


CASES = (
    Case(
        "429, Retry-After: 2", "wait as asked, try again", error(429, retry_after="2"), says=True, echoes=True
    ),
    Case("429, Retry-After: a date", "wait as asked, try again", in_two_seconds, says=True, echoes=True),
    Case("429, Retry-After: 0", "try again at once", error(429, retry_after="0"), says=True, echoes=True),
    Case(
        "429, Retry-After: 300",
        "give up: the deadline is before",
        error(429, retry_after="300"),
        says=True,
        echoes=True,
    ),
    Case("429 insufficient_quota", "give up", error(429, code="insufficient_quota"), says=True, echoes=True),
    *(
        Case(f"{status}", "back off, try again", error(status), says=True, echoes=True)
        for status in (408, 500, 502, 503, 529)
    ),
    Case("401", "give up", error(401), says=True, echoes=True),
    Case("403", "give up", error(403), says=True, echoes=True),
    Case("404, no such model", "give up", error(404), says=True, echoes=True),
    Case(
        "400, article too long",
        "give up",
        error(400, f"maximum context length is 4096 tokens; {SAID}", "context_length_exceeded"),
        says=True,
        echoes=True,
    ),
    Case("redirect", "give up", sent(status=307, body="", headers={"location": "/elsewhere"})),
    Case("connection refused", "back off, try again", sent(), address="nobody", lasts=True),
    Case("TLS error", "give up", sent(), address="tls", lasts=True),
    Case("closed before the answer", "back off, try again", sent(drop=True)),
    Case("reset before the answer", "back off, try again", sent(broken="reset")),
    Case("reset inside the answer", "back off, try again", answered(json.dumps, broken="reset inside")),
    Case("answer cut short", "back off, try again", answered(json.dumps, broken="cut")),
    Case("no answer", "stop at `timeout`, try again", sent(hang=True)),
    Case("one byte every 0.5 s", "stop at `deadline`", answered(json.dumps, drip=0.5)),
    Case(
        "HTML with 200",
        "back off, try once more",
        sent(body=f"<p>{SAID}</p>", headers={"content-type": "text/html"}),
        says=True,
    ),
    Case("JSON called text/plain", "read it", answered(json.dumps, headers={"content-type": "text/plain"})),
    Case("empty body with 200", "back off, try again", sent(body="")),
    Case("no choices", "back off, try again", without_choices, paid=True),
    Case(
        "cut off at the limit",
        "ask with a higher limit, then in parts, one by one",
        answered(half, finish_reason="length"),
        paid=True,
    ),
    Case("content filter", "give up", answered(lambda _: "", finish_reason="content_filter"), paid=True),
    Case("refusal", "give up", answered(lambda _: None, refusal=SAID), paid=True, says=True),
    Case("invalid JSON", "ask again", answered(ill_formed), paid=True),
    Case(
        "JSON in a code fence",
        "read it",
        answered(lambda good: f"```json\n{json.dumps(good)}\n```"),
        paid=True,
    ),
    Case("valid JSON of the wrong shape", "ask again", answered(misshapen), paid=True),
    Case("NaN for a text", "ask again", answered(not_a_number), paid=True),
    Case(
        "a quotation that is not there", "ask again for that item, then drop it", answered(nowhere), paid=True
    ),
    Case("each quotation twice", "keep one", answered(twice), paid=True),
    Case(
        "500, 500, wrong shape, and so on",
        "count all calls together",
        by_turns,
        says=True,
        echoes=True,
        lasts=True,
    ),
    Case("an answer of 10 MB", "stop reading, try once more", answered(huge), paid=True),
)
