"""Questions about a pack that hold for every request at once: asked of a solver (the extra `prove`), answered with an example or a proof."""
