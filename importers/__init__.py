"""Bank files to events, pure: text and bytes in, events or refusals out.

Empty until the first format arrives; what turns a file into `TransactionImported` belongs here.
"""
