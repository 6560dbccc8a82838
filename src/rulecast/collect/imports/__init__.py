"""Files in: surveyed, mapped, read row by row; checked people and events out, and a refusal for every other row."""
