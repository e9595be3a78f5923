-- Whose key a batch was made with: what limits the key limits the lines, for as long as they run. Null: the master key.

alter table batches add column key_id text;
