"""Codes, each with its source and status."""
