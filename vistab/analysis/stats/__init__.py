"""Statistics on bare arrays: arrays in, numbers out. Nothing here knows a study or a claim."""
