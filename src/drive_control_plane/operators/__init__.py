"""People at the control plane: how they sign in, and what they may do."""
