"""The SQL of one condition of every kind, kept per dialect."""
