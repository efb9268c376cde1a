"""What the tool costs and what it notices, measured beside floors and peers; see docs/performance.md."""
