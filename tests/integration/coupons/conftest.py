"""The same workspace and stand-in as delivery's."""

from tests.integration.deliver.conftest import graph, workspace

__all__ = ["graph", "workspace"]
