"""Routing from the specification to a real Alertmanager."""
