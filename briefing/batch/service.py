"""The provider's files and batches, as OpenAI's `/v1/files` and `/v1/batches` have them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple, TypeVar

from briefing.errors import BriefingError, RateLimitError, RequestError
from briefing.llm import Client, Deadline, Target, Wait, map_error, retry
from briefing.meta import Usage
from briefing.pipeline import Trampoline

T = TypeVar("T")

#: A batch's metadata holds our name for it under this key.
METADATA_KEY = "briefing"
#: Tries for one call.
_TRIES = 4
#: Seconds that the provider's clock may differ from ours when a batch is looked for by its age.
_SKEW = 3600.0
_PAGE = 100
#: Uploads and downloads of 200 MB take their time.
_PATIENCE = 600.0
#: Nothing more comes of a batch in one of these states.
TERMINAL = frozenset(("completed", "failed", "expired", "cancelled"))


class Batch(NamedTuple):
    """A batch as the provider has it.

    Attributes:
        id: the provider's name.
        status: "validating", "failed", "in_progress", "finalizing", "completed", "expired",
            "cancelling", "cancelled".
        output: file of answers, if there is one.
        errors: file of requests without an answer, if there is one.
        problems: what is wrong with the input: code, message and line (from 1 on; `None` for the whole).
    """

    id: str
    status: str
    output: str | None
    errors: str | None
    problems: tuple[tuple[str, str, int | None], ...]


class QueueFullError(BriefingError):
    """Too many tokens wait at the provider already; it passes when other batches end, not within seconds."""


class Service(Client):
    """Files and batches at one server.

    Raises:
        ProviderError: from any method: the server failed, also when asked again.
        ConfigurationError: the client cannot be made.
    """

    def __init__(self, target: Target) -> None:
        super().__init__(target, timeout=_PATIENCE, max_attempts=_TRIES)

    def upload(self, name: str, file: IO[bytes]) -> str:
        """Upload a file of requests; its id. Twice does no harm: files cost nothing until a batch is made of one."""

        def call(sdk: Any) -> str:
            file.seek(0)
            return str(sdk.files.create(file=(name, file), purpose="batch").id)

        return self._retried(call)

    def create(self, key: str, file_id: str, planned: float, *, fresh: bool) -> Batch:
        """Make a batch of a file, unless there is one of this key.

        A batch costs money and the call cannot be repeated blindly: it may have been carried out
        although no answer came. So the second try, and the first one where another process may
        have tried before, looks among the batches first.

        Args:
            key: our name for it.
            file_id: of the upload.
            planned: when the file was put together, in seconds since 1970.
            fresh: nobody can have tried before.

        Raises:
            QueueFullError: too many tokens wait at the provider already.
        """
        known_to_be_new = fresh

        def call(sdk: Any) -> Batch:
            nonlocal known_to_be_new
            if not known_to_be_new and (found := _found(sdk, key, planned)):
                return found
            known_to_be_new = False
            with self._mapped():
                return _batch(
                    sdk.batches.create(
                        input_file_id=file_id,
                        endpoint="/v1/chat/completions",
                        completion_window="24h",
                        metadata={METADATA_KEY: key},
                    )
                )

        def call_unless_full(sdk: Any) -> Batch:
            try:
                return call(sdk)
            except RateLimitError as error:
                if is_queue_full(error.provider_message or ""):
                    raise QueueFullError(str(error)) from error
                raise

        return self._retried(call_unless_full)

    def find(self, key: str, planned: float) -> Batch | None:
        """The batch of this key, if it was created."""
        return self._retried(lambda sdk: _found(sdk, key, planned))

    def batch(self, batch_id: str) -> Batch:
        """A batch as it is now."""
        try:
            return self._retried(lambda sdk: _batch(sdk.batches.retrieve(batch_id)))
        except RequestError as error:
            if error.status != 404:
                raise
            raise RequestError(
                f"{self.target.base_url or 'the provider'} knows no batch {batch_id}. Collect with the base_url "
                "and the key of the account that it was submitted with",
                status=404,
                provider_message=error.provider_message,
            ) from error

    def cancel(self, batch_id: str) -> Batch:
        """Stop a batch; what it has answered until then is kept and paid."""
        return self._retried(lambda sdk: _batch(sdk.batches.cancel(batch_id)))

    @contextmanager
    def lines(self, file_id: str) -> Iterator[Iterator[dict[str, Any]]]:
        """A file's lines as JSON, as they come: the whole is never in memory."""
        # What is read twice is taken in once: a download that breaks is begun again by the next pass.
        with self._mapped(), self._sdk().files.with_streaming_response.content(file_id) as response:
            yield (json.loads(line) for line in _lines(response.iter_bytes()) if line.strip())

    def _sdk(self) -> Any:
        return self._instructor(is_async=False).client

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except BriefingError:
            raise
        except Exception as error:
            raise map_error(error, self.target, 1, Usage(), Deadline()) from error

    def _retried(self, call: Callable[[Any], T]) -> T:
        """Make a call, again where it may pass; waits as `retries` says."""
        tries = 0

        def once() -> Generator[Wait, None, T]:
            nonlocal tries
            tries += 1
            with self._mapped():
                return call(self._sdk().with_options(timeout=self._timeout))
            yield  # a generator, as `retry` wants it

        flow = Trampoline(retry(once, calls_left=lambda: _TRIES - tries, deadline=Deadline()))
        for step in flow:
            with step:
                time.sleep(step.command.seconds)
        return flow.value


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    # Not `iter_lines`, which also ends lines at characters such as U+2028, that JSON may hold.
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    yield rest


def is_queue_full(problem: str) -> bool:
    """Whether a batch was refused because too many tokens wait at the provider already; this passes.

    OpenAI says so either when the batch is created (status 429) or as the reason why it failed
    (`token_limit_exceeded`), each time with "Enqueued token limit reached".
    """
    return "token_limit_exceeded" in problem or "enqueued token" in problem.lower()


def _found(sdk: Any, key: str, planned: float) -> Batch | None:
    # Newest first; the SDK turns the pages.
    for batch in sdk.batches.list(limit=_PAGE):
        if (batch.metadata or {}).get(METADATA_KEY) == key:
            return _batch(batch)
        if batch.created_at < planned - _SKEW:
            return None
    return None


def _batch(batch: Any) -> Batch:
    problems = (batch.errors.data or ()) if batch.errors else ()
    return Batch(
        id=batch.id,
        status=batch.status,
        output=batch.output_file_id,
        errors=batch.error_file_id,
        problems=tuple((p.code or "", p.message or "", p.line) for p in problems),
    )
