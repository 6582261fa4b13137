"""The command line called in this process, as the tests of the verbs call it."""

from tests.verbs.conftest import peak

__all__ = ["peak"]
