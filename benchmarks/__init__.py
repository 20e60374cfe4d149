"""Broadsheet side by side with what users would pick instead. Nothing of the crawler imports this."""
