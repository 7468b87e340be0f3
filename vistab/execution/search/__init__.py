"""Searches as they run: a log that is replayed, suggesters, and how Ray Tune asks for packs."""
