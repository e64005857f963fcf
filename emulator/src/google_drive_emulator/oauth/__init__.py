"""Google's accounts: who may act for whom, and the tokens that say so (facts F)."""
