"""Programs that show the packages at work; each runs alone."""
