"""Bytes on disk: layout, lock, journal and the one transaction through which volon writes."""
