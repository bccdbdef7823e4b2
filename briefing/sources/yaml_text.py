"""YAML that others have written: front matter, prompt files, cassettes."""

from __future__ import annotations

from typing import Any


def load_yaml(text: str) -> Any:
    """Return the value of a YAML document.

    Raises:
        ValueError: it is not valid YAML, nests too deep, or has aliases, by which a few lines become gigabytes.
    """
    import yaml

    # libyaml bounds the nesting; the loader in Python is bounded by Python's stack.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_aliases(node)
        return loader.construct_document(node)
    # Values that do not fit their tag raise whatever PyYAML's constructors come across, as in "!!bool x".
    except (yaml.YAMLError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split()) or "it nests too deep") from error
    finally:
        loader.dispose()


def _refuse_aliases(root: Any) -> None:
    """Raise a `ValueError` if a node can be reached in two ways."""
    seen: set[int] = set()
    todo = [root]
    while todo:
        node = todo.pop()
        if id(node) in seen:
            raise ValueError("it has aliases (*NAME), which are not read here")
        seen.add(id(node))
        if not isinstance(node.value, str):
            todo.extend(
                part for item in node.value for part in (item if isinstance(item, tuple) else (item,))
            )
