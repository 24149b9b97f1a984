"""Why the engine judged one envelope as it did: for the operator alone, at the command line.

    envelope_file   one envelope out of a file
    withheld        the same envelope with one thing left out, thing by thing
    reasons         the engine's reasoning turned into an `Explanation`
    explanation     what is told; every view shows the same
    terminal, page, world_map   the views; `commands` is the shell around all of it

Nothing that serves imports this package (`.importlinter`), so no request can reach it.
"""
