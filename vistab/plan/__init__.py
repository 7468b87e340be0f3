"""From what was asked to what will be run: arms, replicates, runs, packs, cells. Pure."""
