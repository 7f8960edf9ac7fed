"""Audits: a sample of what shortcuts answered is compared with what they replaced."""
