"""Tests of promgen.model."""
