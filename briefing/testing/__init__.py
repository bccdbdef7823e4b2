"""Tools for tests of code that uses `briefing`, without a model and without a key.

`FakeModel` and `FakeBatches` are HTTP servers on the loopback interface that answer any ask of the library, badly where a
`Fault` says so. `cassettes` records exchanges and replays them. The rest of the library must not import this package,
except for ``regenerate --record``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
