"""The public data sets: imported by the product, and counted beside it by plain Python that knows nothing of it."""
