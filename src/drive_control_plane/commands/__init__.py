"""The commands of `google-drive-control-plane`, one module each."""
