"""The bandit: which arm a request starts at."""
