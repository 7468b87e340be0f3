"""What failed and when: signals of a snapshot's samples, and the ruling on a run's signals."""
