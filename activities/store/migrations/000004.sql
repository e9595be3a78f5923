-- What was streamed, for those who watch requests at work.

-- Characters of the answer itself in these chunks, without what the caller's dialect puts around them.
alter table stream_chunks add column text_chars integer not null default 0;
-- From the start of the attempt to its first chunk, milliseconds; of an attempt's first batch only.
alter table stream_chunks add column first_chunk_ms integer;
