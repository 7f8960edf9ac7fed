"""Ports performed by somebody else's library, one library a file."""
