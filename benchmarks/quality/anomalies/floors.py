"""What Penstock's figures are held against with --floors."""

from benchmarks.quality.floors import Floor

ANOMALIES = (
    Floor("ap", 0.52),
    Floor("times_isolation_forest", 3.0),
    Floor("ap_feedback", 0.68),
    Floor("recall_at_budget", 0.74),
    Floor("first_of_episode", 0.36),
    Floor("alerts_per_user_30d", 0.9),
    Floor("alerts_per_user_30d", 1.15, is_upper=True),
    Floor("alerts_per_user_30d_p90", 2.5, is_upper=True),
    Floor("us_per_transaction", 25, is_upper=True),
    Floor("state_bytes", 1_024, is_upper=True),
)
