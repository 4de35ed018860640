"""promgen: monitoring as code for Prometheus, from one specification to rules that are proved to work."""

__version__ = "0.1.0"
