"""`Service`: client of OpenAI's `/v1/files` and `/v1/batches`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple, TypeVar

from briefing.errors import BriefingError, RateLimitError, RequestError
from briefing.llm import Deadline, SdkTransport, Target, Wait, map_error, retry
from briefing.meta import Usage
from briefing.pipeline import Trampoline
from briefing.redaction import InUse

T = TypeVar("T")

#: Key of the file's id in a batch's metadata.
METADATA_KEY = "briefing"
#: Attempts per call.
_ATTEMPTS = 4
#: Tolerated difference between the provider's clock and the local one, in seconds.
_CLOCK_SKEW = 3600.0
#: Batches per page of the provider's list: its maximum.
_PAGE = 100
#: Timeout in seconds, for uploads and downloads of up to 200 MB.
_TIMEOUT = 600.0
#: After the server's address: message of an error.
_NO_API = "has no batch API. Submit to another base_url, or summarize the articles without batches"
#: Final states of a batch.
TERMINAL = frozenset(("completed", "failed", "expired", "cancelled"))


class Batch(NamedTuple):
    """The provider's state of a batch.

    Attributes:
        id: the provider's id.
        status: "validating", "failed", "in_progress", "finalizing", "completed", "expired",
            "cancelling", "cancelled".
        output: id of the file of answers; `None` if there is no such file.
        errors: id of the file of failed requests; `None` if there is no such file.
        problems: errors in the input file: code, message and line number, starting at 1 (`None` for the whole file).
    """

    id: str
    status: str
    output: str | None
    errors: str | None
    problems: tuple[tuple[str, str, int | None], ...]


class QueueFullError(BriefingError):
    """The account's queue of tokens is full. It has room again when other batches end, not within seconds."""


class Service:
    """Files and batches at one server.

    Raises:
        ProviderError: from any method: the server failed, also when asked again.
        ConfigurationError: the client cannot be made.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._secrets = InUse(target.api_key, target.base_url)
        self._transport = SdkTransport(target)
        self._transport.sdk()  # a missing key is an error before anything is sent

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def upload(self, name: str, file: IO[bytes]) -> str:
        """Upload a file of requests, and return its id. A repeated upload is harmless: files cost nothing."""

        def call(sdk: Any) -> str:
            file.seek(0)
            return str(sdk.files.create(file=(name, file), purpose="batch").id)

        return self._retried(call)

    def create(self, key: str, file_id: str, planned: float, *, fresh: bool) -> Batch:
        """Create a batch of an uploaded file, or return the one that has this key.

        Creating a batch is not idempotent, and a call without an answer may have succeeded. Every attempt but a fresh
        first one therefore searches the existing batches for the key first.

        Args:
            key: stored in the batch's metadata.
            file_id: the provider's id of the uploaded file.
            planned: Unix time of the planning of the file, in seconds.
            fresh: whether no earlier process can have tried to create the batch.

        Raises:
            QueueFullError: the account's queue of tokens is full.
        """

        def call(sdk: Any) -> Batch:
            nonlocal fresh
            if not fresh and (found := _find_batch(sdk, key, planned)):
                return found
            fresh = False
            try:
                with self._mapped():
                    return _batch(
                        sdk.batches.create(
                            input_file_id=file_id,
                            endpoint="/v1/chat/completions",
                            completion_window="24h",
                            metadata={METADATA_KEY: key},
                        )
                    )
            except RateLimitError as error:
                if is_queue_full(error.provider_message or ""):
                    raise QueueFullError(str(error)) from error
                raise

        return self._retried(call)

    def find(self, key: str, planned: float) -> Batch | None:
        """Return the batch that has this key, or `None`."""
        return self._retried(lambda sdk: _find_batch(sdk, key, planned))

    def batch(self, batch_id: str) -> Batch:
        """Return the current state of a batch."""
        return self._retried(
            lambda sdk: _batch(sdk.batches.retrieve(batch_id)),
            unknown=f"does not know batch {batch_id}. Collect with the base_url and the API key that it was submitted with",
        )

    def cancel(self, batch_id: str) -> Batch:
        """Cancel a batch. Its answers so far remain, and are charged for."""
        return self._retried(lambda sdk: _batch(sdk.batches.cancel(batch_id)))

    @contextmanager
    def lines(self, file_id: str) -> Iterator[Iterator[dict[str, Any]]]:
        """Yield an iterator over the JSON lines of a file, streamed: the file is never in memory as a whole."""
        # Not retried here: the next call downloads again, and recording an answer twice changes nothing.
        with self._mapped(), self._transport.sdk().files.with_streaming_response.content(file_id) as response:
            yield (json.loads(line) for line in _lines(response.iter_bytes()) if line.strip())

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except BriefingError:
            raise
        except Exception as error:
            raise map_error(error, self.target, 1, Usage(), Deadline()) from error

    def _retried(self, call: Callable[[Any], T], *, unknown: str = _NO_API) -> T:
        """Call `call` with the SDK's client, retried after transient errors with the backoff of `llm.retries`.

        Raises:
            RequestError: with the message `unknown`, if the server does not know the path, or answers with something else.
        """
        attempts = 0

        def once() -> Generator[Wait, None, T]:
            nonlocal attempts
            attempts += 1
            with self._mapped():
                return call(self._transport.sdk().with_options(timeout=_TIMEOUT))
            yield  # a generator, as `retry` wants it

        flow = Trampoline(retry(once, calls_left=lambda: _ATTEMPTS - attempts, deadline=Deadline()))
        try:
            for step in flow:
                with step:
                    time.sleep(step.command.seconds)
        except RequestError as error:
            if error.status not in (200, 404, 405):
                raise
            where = self.target.base_url or "the provider"
            raise RequestError(
                f"{where} {unknown}", status=error.status, provider_message=error.provider_message
            ) from error
        return flow.value


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    # Not `iter_lines`, which also splits at characters such as U+2028, which JSON strings may contain.
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    yield rest


def is_queue_full(problem: str) -> bool:
    """Return whether a message says that the account's queue of tokens is full.

    OpenAI says "Enqueued token limit reached", either when the batch is created (status 429) or as the reason why it
    failed (`token_limit_exceeded`).
    """
    return "token_limit_exceeded" in problem or "enqueued token" in problem.lower()


def _find_batch(sdk: Any, key: str, planned: float) -> Batch | None:
    # Newest first; the SDK fetches page after page.
    for batch in sdk.batches.list(limit=_PAGE):
        if (batch.metadata or {}).get(METADATA_KEY) == key:
            return _batch(batch)
        if batch.created_at < planned - _CLOCK_SKEW:
            break
    return None


def _batch(batch: Any) -> Batch:
    if not isinstance(batch.status, str):
        # A server may answer any path with a chat completion.
        raise RequestError("the answer is not a batch", status=200)
    problems = (batch.errors.data or ()) if batch.errors else ()
    return Batch(
        id=batch.id,
        status=batch.status,
        output=batch.output_file_id,
        errors=batch.error_file_id,
        problems=tuple((p.code or "", p.message or "", p.line) for p in problems),
    )
