"""The report of a benchmark suite: results.json as one HTML file, CSV, JSON and Markdown."""
