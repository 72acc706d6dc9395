"""Small tables that `schemas` reads at import, and the script that rebuilds them."""
