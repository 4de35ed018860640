"""Tests of the output: trees, locks, plans, and changes of the disk that are whole or not at all."""
