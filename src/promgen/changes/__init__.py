"""What a change means: specifications, rules, routes and costs of two revisions compared."""
