"""Training of the category artifact with scikit-learn: examples in, an artifact and its card out.

Nothing here runs in the fold, so floats may be summed; what comes out holds integers alone.
"""
