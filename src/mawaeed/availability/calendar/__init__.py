"""How a centre's days become places, and what changing them does to places already sold."""
