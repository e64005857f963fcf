"""A Redis of a test's own, as the tests of the shared quota have it."""

from tests.integration.quota.conftest import redis_server

__all__ = ["redis_server"]
