//! Nothing but its binaries, and the same job in other languages beside them: what our functions are measured beside.
