"""Tests of promgen.base."""
