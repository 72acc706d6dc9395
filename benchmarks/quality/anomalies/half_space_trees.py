"""River's half-space trees for each user: isolation forests that learn online."""

from river import anomaly, compose, preprocessing

from benchmarks.quality.anomalies.features import Codes, hour_of, log_spent, weekday_of
from benchmarks.quality.anomalies.payments import Payment
from benchmarks.quality.anomalies.river_contender import Detector, Features, RiverContender


class HalfSpaceTrees(RiverContender):
    """Ten trees over features brought into their range as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._codes = Codes()

    def build(self) -> Detector:
        """Plant the trees."""
        trees = anomaly.HalfSpaceTrees(n_trees=10, height=6, window_size=100, seed=1)
        scaled: Detector = compose.Pipeline(preprocessing.MinMaxScaler(), trees)
        return scaled

    def features(self, payment: Payment) -> Features:
        """Tell what the guides tell, with the amount's logarithm so that it fills its range."""
        return {
            "amount": log_spent(payment),
            "hour": hour_of(payment),
            "weekday": weekday_of(payment),
            "category": self._codes.code(payment.category),
        }
