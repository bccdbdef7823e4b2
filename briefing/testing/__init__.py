"""Tools for tests of code that uses `briefing`, without a model and without a key.

`FakeModel` and `FakeBatches` are HTTP servers on the loopback interface that answer any ask of the library; a
`Fault` makes them misbehave. `cassettes` records exchanges and plays them back. The library itself, except for
``regenerate --record``, must not import it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
