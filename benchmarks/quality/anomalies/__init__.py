"""Anomalies: who finds frauds among card payments best, scoring each before learning from it.

python -m benchmarks.quality anomalies --data FILE --users dev

The file is a table (.csv, .csv.gz or .csv.xz) with the columns trans_date_trans_time, cc_num,
merchant, category, amt and is_fraud. Half of the cards are for developing, half for testing; a
hash of the card's number decides, so that cards of other files fall into halves as well.
"""
