"""What is unusual: River detectors over one user's habits and what is customary among all.

Every detector says in nats how surprising a payment is: 0.7 is an ordinary one, 7 comes once in a
thousand. They score first and learn later; scoring changes nothing.
"""
