"""Tests of promgen.promql."""
