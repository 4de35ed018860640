"""Finds mistakes that load and parse: in specifications and in plain rule files."""
