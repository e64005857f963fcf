"""Where an integration gets its secrets from, under the name that integrations know it by."""

from clustera_toolkit.control_plane import AccessGrant, ControlPlaneClient

__all__ = ["AccessGrant", "ControlPlaneClient"]
