"""What compiled SLO rules record on a real Prometheus, compared with events that were counted where they were made up."""
