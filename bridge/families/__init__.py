"""Pump families and recalls as data with sources and dates, and what reads them."""
