//! Lines of the log that no request gives rise to.

use super::Gate;
use crate::log::{self, Access, Level};
use crate::store::Tables;

impl Gate {
    /// The lines of the log on the rate limit service that are due, with their levels: what no other worker of the
    /// process has told.
    pub fn news(
        &mut self,
        log: &log::LogSettings,
        tables: &mut impl Tables,
    ) -> Vec<(Level, String)> {
        let Some(limit) = &mut self.limits.global else { return Vec::new() };
        let lines = limit.news(log.access == Access::Json, tables).into_iter();
        let levels =
            lines.map(|(bad, line)| (if bad { Level::Warning } else { Level::Info }, line));
        levels.filter(|(level, _)| *level >= log.level).collect()
    }
}
