"""Executes what was compiled: proof tests and mutants with the real promtool."""
