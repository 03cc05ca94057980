"""The dashboard of a pipeline. Textual is imported here and nowhere else; the package has it as an extra."""
