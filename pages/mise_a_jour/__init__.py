"""Where a service that was sent a link proposes changes to its own row; nothing is published."""
