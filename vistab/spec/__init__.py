"""What may be said: the study language, its defaults and its errors. Frozen data."""
