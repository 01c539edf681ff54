"""What stands in the parts of a report, as texts of a language."""
