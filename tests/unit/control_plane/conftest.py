"""Databases, for every test of the control plane."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures as a plugin: imported by name they would be one session-wide server for each importer."""
    config.pluginmanager.import_plugin("tests.support.control_plane.databases")
