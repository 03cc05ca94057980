"""How records are written: frontmatter, strict YAML, Markdown, paths as text; bytes in, the same bytes out."""
