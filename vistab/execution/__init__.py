"""Training a plan's packs: the only room that knows ray."""
