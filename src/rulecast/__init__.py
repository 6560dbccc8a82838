"""Decides who may receive which WhatsApp message, when, and why, and proves it."""

__version__ = "0.1.0"
