"""Pickling of what crosses between processes, with errors that say what to do."""

from __future__ import annotations

import io
import pickle
from types import FunctionType
from typing import Any

from typing_extensions import override

from briefing.errors import BriefingError, ConfigurationError
from briefing.redaction import scrub


def packed(name: str, value: object) -> bytes:
    """Return `value` pickled for a worker process. `name` names the argument in messages.

    Raises:
        ConfigurationError: it cannot be pickled, or is made of classes or functions of the program's main module, which
            workers do not import.
    """
    written = io.BytesIO()
    try:
        _Pickler(written, name).dump(value)
    except BriefingError:
        raise
    except Exception as error:  # raised by any code of the object's
        raise ConfigurationError(
            f"{name} cannot be sent to worker processes: {type(error).__name__}: {scrub(str(error))}. Define classes and functions "
            "at the top level of a module, and let objects make locks, connections and models on first use; or use processes=1"
        ) from error
    return written.getvalue()


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, name: str) -> None:
        super().__init__(file, protocol=5)
        self._name = name

    @override
    def persistent_id(self, obj: Any) -> None:
        """Refuse what a worker could not find; called for each object."""
        if isinstance(obj, type | FunctionType) and obj.__module__ == "__main__":
            raise ConfigurationError(
                f"{self._name} cannot be sent to worker processes: {obj.__qualname__} is defined in the program's main module, "
                "which workers do not import. Move it to a module and import it from there; or use processes=1"
            )


def packed_error(error: BaseException) -> bytes:
    """Return an error pickled, with its cause if that can be pickled, else with what the cause says."""
    cause = error.__cause__
    said = None if cause is None else BriefingError(f"{type(cause).__name__}: {scrub(str(cause))}")
    return (
        _if_picklable(error, cause)
        or _if_picklable(error, said)
        or pickle.dumps((BriefingError(f"{type(error).__name__}: {scrub(str(error))}"), said))
    )


def _if_picklable(*values: object) -> bytes | None:
    try:
        data = pickle.dumps(values)
        pickle.loads(data)  # noqa: S301  # written above
    except Exception:  # raised by any code of the values'
        return None
    return data


def unpacked_error(data: bytes) -> Exception:
    """Return an error as packed by `packed_error`."""
    error, cause = pickle.loads(data)  # noqa: S301  # of our own worker
    error.__cause__ = cause
    unpacked: Exception = error
    return unpacked
