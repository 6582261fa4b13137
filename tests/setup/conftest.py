"""The command line called in this process, as the tests of the verbs call it."""

from tests.verbs.conftest import peak, store

__all__ = ["peak", "store"]
