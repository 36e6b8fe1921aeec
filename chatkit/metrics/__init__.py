"""Figures of the field, as plain functions of counts and rankings."""
