//! bench
use crate::flags;
pub fn command(_o: &flags::Bench) -> anyhow::Result<()> {
    todo!()
}
