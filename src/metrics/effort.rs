//! What a reading may cost: frames of a page in motion leave out what would hold it up.

/// How far a reading goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// As for the frames of a page: what is beyond its limit is none.
    #[default]
    Live,
    /// Everything, however long it takes: the command line's.
    Complete,
}

impl Effort {
    /// Whether work of this size is done; sizes are products that 32 bits would not hold.
    pub(super) fn allows(self, work: f64, limit: f64) -> bool {
        self == Self::Complete || work <= limit
    }
}
