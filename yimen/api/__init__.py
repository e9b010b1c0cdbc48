"""Interfaces for other machines (接口)."""
