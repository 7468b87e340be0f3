"""Measures from the literature that were tried as signals of the detector, and not kept."""
