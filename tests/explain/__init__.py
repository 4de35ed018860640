"""Tests of `promgen explain`."""
