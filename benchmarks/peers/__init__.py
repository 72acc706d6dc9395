"""The same fold called from other libraries, each as its documentation recommends, tuned fairly.

They work at least once and keep their state in memory only, so they have less to do than we have.
"""
