"""Audits: the errors of another implementation against exact results, in ULP and in steps, and their causes."""
