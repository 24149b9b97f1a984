"""How often the engine is right, silent and alarmed, beside simpler rules on the same sessions."""
