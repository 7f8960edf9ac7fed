"""Retrieved text cut down to what a question needs."""
