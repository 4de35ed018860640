"""What is scraped: accepted, loaded and scraped by the real programs."""
