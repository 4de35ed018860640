"""A quarter of an hour on live servers: what promtool and made-up histories cannot show."""
