"""The graph of a pipeline's tickets: as lines of text, Mermaid, DOT, and a page of HTML with a picture in it."""
