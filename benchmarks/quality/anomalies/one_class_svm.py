"""River's one-class support vector machine for each user."""

from river import anomaly, compose, preprocessing

from benchmarks.quality.anomalies.features import hour_of, log_spent
from benchmarks.quality.anomalies.payments import Payment
from benchmarks.quality.anomalies.river_contender import Detector, Features, RiverContender


class OneClassSvm(RiverContender):
    """A line around amounts and hours, both scaled as they come."""

    def build(self) -> Detector:
        """Start from River's own settings."""
        scaled: Detector = compose.Pipeline(preprocessing.StandardScaler(), anomaly.OneClassSVM())
        return scaled

    def features(self, payment: Payment) -> Features:
        """Tell amount and hour."""
        return {"amount": log_spent(payment), "hour": hour_of(payment)}
