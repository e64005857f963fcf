"""What all routes share: errors, headers, who asks."""
