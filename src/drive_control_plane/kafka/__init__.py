"""Kafka, as the control plane needs it: messages out, the worker's events in."""
