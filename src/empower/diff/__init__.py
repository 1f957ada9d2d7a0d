"""What changes for whom between two versions of a pack: for every request at once (the extra `prove`), grouped by what the author edited."""
