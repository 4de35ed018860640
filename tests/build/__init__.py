"""Tests of `promgen build` as a process."""
