"""Git facts and git deeds; the only place that starts git."""
