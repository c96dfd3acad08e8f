//! Identities between methods: what one does with a knob at its end is what another does without it.
