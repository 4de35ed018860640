"""The domain, frozen and plain: what is promised, what is watched, who answers for it. Knows nothing of files or formats."""
