"""Servers promgen asks, with time-outs in one place."""
