"""When compiled alerts fire and when they end, executed by the real promtool."""
