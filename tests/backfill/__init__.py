"""Tests of the history that `promgen explain --backfill` gives to a new SLO."""
