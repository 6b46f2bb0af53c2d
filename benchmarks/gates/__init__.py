"""How gates judge made-up traffic: this project's comparison, and what other tools do, on the same traces."""
