"""What coding agents write down of their sessions, read: one kind of result for all of them, from lines alone.

`volon.model.agents.transcripts.reading` is the way in. Nothing here opens a file; `volon.transcripts` does.
"""
