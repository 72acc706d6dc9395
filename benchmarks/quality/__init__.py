"""Quality: how often Penstock is right, measured on labelled data that it has not been tuned to.

python -m benchmarks.quality anomalies --data FILE
python -m benchmarks.quality categories --data FOLDER
python -m benchmarks.quality descriptors --data FILE
"""
