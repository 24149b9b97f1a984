"""The engine's parts, each alone, on what others measured; absent data leave a section empty."""
