"""Cassettes: recorded exchanges with a model's server, which are replayed without it.

Requests match by their body, so that a changed prompt never gets an old answer. A cassette has no header except the content
type, no address and no secret, and its JSON bodies are readable YAML. Compressed responses are stored decompressed: our
clients accept only gzip and deflate, which vcrpy decodes. A list that the local model writes as a stream, which is read until
items repeat, is recorded as the whole response that was made of what was read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import yaml

from briefing.atomic_write import write_atomic
from briefing.errors import ConfigurationError, InputError, MissingExtraError
from briefing.llm import as_read
from briefing.redaction import scrub
from briefing.sources import load_yaml

#: Replaces the address of the recorded server: requests match by path and body.
RECORDED_HOST = "http://recorded.invalid"
_KEPT_HEADERS = ("content-type",)
#: Sent to OpenAI's own server only, and made of what the request has anyway: no difference between requests.
_CACHE_KEY = "prompt_cache_key"
#: Sent with the request for a stream that is recorded as a whole response.
_COUNTED = "timings_per_token"
#: Replaces vcrpy's serializer of the same name, as pytest-recording names files after it.
_SERIALIZER = "yaml"


def vcr_config() -> dict[str, Any]:
    """Return settings for `vcr.VCR` or the `vcr_config` fixture of pytest-recording; both need `register`, too.

    They do not set the record mode: vcrpy's default is "once", and pytest-recording has the option ``--record-mode``.
    """
    return {
        "match_on": ["method", "path", "body"],
        "decode_compressed_response": True,
        "before_record_request": _neutral_request,
        "before_record_response": _neutral_response,
        "serializer": _SERIALIZER,
    }


@contextmanager
def cassette(path: Path, mode: Literal["none", "all"] = "none") -> Iterator[Any]:
    """Replay a cassette in the block, or record it anew.

    Args:
        path: the cassette, a YAML file.
        mode: "none" to replay it, the default; "all" to replace it by a new recording.

    Raises:
        MissingExtraError: vcrpy is not installed.
        InputError: the file is not a cassette; at the end of the block, it cannot be written.
    """
    try:
        import vcr
    except ImportError as error:
        raise MissingExtraError("Recording", "record") from error
    if mode == "all":
        path.unlink(missing_ok=True)
    player = vcr.VCR(**(vcr_config() | {"record_mode": mode}))
    register(player)
    files = _Files()
    player.register_persister(files)
    with ExitStack() as stack:
        try:
            used = stack.enter_context(player.use_cassette(str(path)))
        except Exception as error:  # whatever vcrpy comes across in a file of another form
            reason = str(error) if isinstance(error, ValueError | OSError) else "vcrpy has not written it"
            raise InputError(f"{path} cannot be read as a cassette: {reason}. Record it again") from error
        yield used
    if files.failure is not None:
        raise files.failure


class _Files:
    """vcrpy persister: writes cassettes atomically.

    Attributes:
        failure: why the cassette could not be written. vcrpy would leave its patches in place if `save_cassette` raised it.
    """

    def __init__(self) -> None:
        self.failure: InputError | None = None

    def load_cassette(self, path: str, serializer: Any) -> Any:
        from vcr.persisters.filesystem import CassetteDecodeError, FilesystemPersister

        try:
            return FilesystemPersister.load_cassette(path, serializer)
        except CassetteDecodeError as error:  # vcrpy would go on without the cassette
            raise ValueError("it is not UTF-8") from error

    def save_cassette(self, path: str, data: Any, serializer: Any) -> None:
        from vcr.serialize import serialize

        try:
            write_atomic(Path(path), serialize(data, serializer))
        except InputError as error:
            self.failure = error


def register(player: Any) -> None:
    """Register the cassette format with a `vcr.VCR`, as in pytest-recording's hook `pytest_recording_configure`."""
    player.register_serializer(_SERIALIZER, Readable)


class Readable:
    """vcrpy serializer: JSON bodies as YAML, long texts as blocks."""

    @staticmethod
    def serialize(data: dict[str, Any]) -> str:
        """Return a cassette as text."""
        for holder, key in _bodies(data):
            raw = holder.get(key)
            text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
            if isinstance(text, str):
                try:
                    holder["json"] = json.loads(text)
                    del holder[key]
                except ValueError:
                    holder[key] = text
        return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)

    @staticmethod
    def deserialize(text: str) -> dict[str, Any]:
        """Return a cassette from its text; raise a `ValueError` if it is not YAML, or has aliases."""
        data: dict[str, Any] = load_yaml(text)
        for holder, key in _bodies(data):
            if "json" in holder:
                holder[key] = json.dumps(holder.pop("json"), ensure_ascii=False)
        return data


def _bodies(data: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the dicts of a cassette that have a body, with its key."""
    for interaction in data["interactions"]:
        yield interaction["request"], "body"
        yield interaction["response"]["body"], "string"


class _Dumper(yaml.SafeDumper):
    """Writes multi-line texts as literal blocks, and no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    str,
    lambda d, text: d.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def _neutral_request(request: Any) -> Any:
    request.uri = RECORDED_HOST + scrub(request.path)
    request.headers = {k: v for k, v in request.headers.items() if k.lower() in _KEPT_HEADERS}
    if body := request.body:
        text = scrub(body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body))
        request.body = _comparable(text) if f'"{_CACHE_KEY}"' in text or f'"{_COUNTED}"' in text else text
    return request


def _comparable(text: str) -> str:
    try:
        body = json.loads(text)
    except ValueError:
        return text
    if isinstance(body, dict):
        body.pop(_CACHE_KEY, None)
        if body.pop(_COUNTED, None):
            body.pop("stream", None)
            body.pop("stream_options", None)
    return json.dumps(body, ensure_ascii=False)


def _neutral_response(response: Any) -> Any:
    _check_plain(response["headers"])
    response["headers"] = {k: v for k, v in response["headers"].items() if k.lower() in _KEPT_HEADERS}
    # Some servers repeat a part of the request in the reason phrase.
    status = response["status"]
    response["status"] = {"code": status["code"], "message": scrub(status["message"] or "")}
    if isinstance(body := response["body"].get("string"), bytes):
        text = body.decode("utf-8", "replace")
        if (whole := as_read(text)) is not None:
            text = json.dumps(whole, ensure_ascii=False)
            response["headers"] = {"content-type": ["application/json"]}
        response["body"]["string"] = scrub(text).encode()
    return response


def _check_plain(headers: Mapping[str, list[str]]) -> None:
    """Check that vcrpy has decompressed the response: else the cassette would not be readable."""
    left = [v for name, values in headers.items() if name.lower() == "content-encoding" for v in values]
    if any(value.strip().lower() != "identity" for value in left):
        raise ConfigurationError(
            f"cannot record: the server compresses its answers by {', '.join(left)}, though the request accepts only "
            "gzip and deflate; record from another base_url"
        )
