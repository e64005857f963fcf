"""The languages of Drive's parameters: text in, expressions, masks and tokens out."""
