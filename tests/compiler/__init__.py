"""Tests of promgen.compiler."""
