"""Version, name on the package index, and the check that no other distribution has written into this package.

Another project's distribution is called `briefing` and installs an import package of the same name. Installed
together, the two overwrite each other's `__init__.py`, and removing one breaks the other.
"""

import os
import sys

__version__ = "0.1.0"
#: Name to install this library by. It is imported as `briefing`.
DISTRIBUTION = "grounded-briefing"

#: Part of the other distribution that this package does not have.
_FOREIGN = "blocks"


def damage() -> str | None:
    """Return an error message if files of the other distribution replace ours or stand beside them, else `None`."""
    folder = os.path.dirname(__file__)  # noqa: PTH120  # pathlib would double the time of `import briefing`
    package = sys.modules["briefing"]
    # The other distribution's `__init__`, or none: a namespace package, after that distribution was removed.
    is_ours = "summarize" in dir(package)
    if is_ours and not os.path.exists(os.path.join(folder, _FOREIGN, "__init__.py")):  # noqa: PTH110, PTH118
        return None
    return (
        f"{folder} is damaged: the distribution briefing, another project, installs into the same folder as "
        f"{DISTRIBUTION}, and only one of the two can be installed. "
        f"Run: pip uninstall -y briefing {DISTRIBUTION} && pip install {DISTRIBUTION}"
    )


def refuse(_name: str) -> None:
    """Raise `ImportError` with the message of `damage`: the `__getattr__` of a damaged package."""
    raise ImportError(damage())
