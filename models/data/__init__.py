"""Tables that the descriptor reader and the dictionary read; `LICENCES.md` says where from."""
