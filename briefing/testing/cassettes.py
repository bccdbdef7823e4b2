"""Cassettes: recorded exchanges with a model's server, played back without it.

They match on the body, so that a changed prompt does not get the old answer; they hold no header
but the content type, and no address; their bodies are YAML that a person can read. Compressed answers are recorded
plain: our clients ask for gzip or deflate only, which vcrpy undoes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import yaml

from briefing.errors import ConfigurationError, MissingExtraError
from briefing.redaction import scrub

#: Stands for whatever server was recorded: matching goes by path and body.
RECORDED_HOST = "http://recorded.invalid"
_KEPT_HEADERS = ("content-type",)
#: In place of vcrpy's own: pytest-recording names files by it.
_SERIALIZER = "yaml"


def vcr_config() -> dict[str, Any]:
    """Settings for `vcr.VCR`, or for the `vcr_config` fixture of pytest-recording, which need `register` too.

    When to record is left to those: vcrpy's default is "once", pytest-recording's is its option ``--record-mode``.
    """
    return {
        "match_on": ["method", "path", "body"],
        "decode_compressed_response": True,
        "before_record_request": _neutral_request,
        "before_record_response": _neutral_response,
        "serializer": _SERIALIZER,
    }


def cassette(path: Path, mode: Literal["none", "all"] = "none") -> AbstractContextManager[Any]:
    """Play a cassette back ("none"), or record a new one in its place ("all").

    Raises:
        MissingExtraError: vcrpy is not installed.
    """
    try:
        import vcr
    except ImportError as error:
        raise MissingExtraError("Recording", "record") from error
    if mode == "all":
        path.unlink(missing_ok=True)
    player = vcr.VCR(**(vcr_config() | {"record_mode": mode}))
    register(player)
    used: AbstractContextManager[Any] = player.use_cassette(str(path))
    return used


def register(player: Any) -> None:
    """Make our cassette format known to a `vcr.VCR`, as in pytest-recording's hook `pytest_recording_configure`."""
    player.register_serializer(_SERIALIZER, Readable)


class Readable:
    """vcrpy serializer: JSON bodies as YAML, long texts as blocks."""

    @staticmethod
    def serialize(data: dict[str, Any]) -> str:
        """A cassette as text."""
        for interaction in data["interactions"]:
            _open_body(interaction["request"])
            _open_body(interaction["response"]["body"], "string")
        return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)

    @staticmethod
    def deserialize(text: str) -> dict[str, Any]:
        """A cassette from its text."""
        data: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader, in C where there is one
        for interaction in data["interactions"]:
            _close_body(interaction["request"])
            _close_body(interaction["response"]["body"], "string")
        return data


def _open_body(holder: dict[str, Any], key: str = "body") -> None:
    raw = holder.get(key)
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    if not isinstance(text, str):
        return
    try:
        holder["json"] = json.loads(text)
    except ValueError:
        holder[key] = text
    else:
        del holder[key]


def _close_body(holder: dict[str, Any], key: str = "body") -> None:
    if "json" in holder:
        holder[key] = json.dumps(holder.pop("json"), ensure_ascii=False)


class _Dumper(yaml.SafeDumper):
    """Multi-line texts as literal blocks, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _neutral_request(request: Any) -> Any:
    request.uri = RECORDED_HOST + scrub(request.path)
    request.headers = {k: v for k, v in request.headers.items() if k.lower() in _KEPT_HEADERS}
    body = request.body
    if body:
        request.body = scrub(body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body))
    return request


def _neutral_response(response: Any) -> Any:
    _check_plain(response["headers"])
    response["headers"] = {k: v for k, v in response["headers"].items() if k.lower() in _KEPT_HEADERS}
    # Some servers say in the reason phrase what they did not like.
    response["status"] = {
        "code": response["status"]["code"],
        "message": scrub(response["status"]["message"] or ""),
    }
    body = response["body"].get("string")
    if isinstance(body, bytes):
        response["body"]["string"] = scrub(body.decode("utf-8", "replace")).encode()
    return response


def _check_plain(headers: Mapping[str, list[str]]) -> None:
    """Refuse what vcrpy has left compressed: the cassette would hold bytes that nobody can read.

    Raises:
        ConfigurationError: the server compresses in a way that it was not asked for.
    """
    left = [
        value for name, values in headers.items() if name.lower() == "content-encoding" for value in values
    ]
    if any(value.strip().lower() != "identity" for value in left):
        raise ConfigurationError(
            f"cannot record: the server compresses its answers ({', '.join(left)}), though only gzip and deflate were "
            "asked for; record from a base_url that does not"
        )
