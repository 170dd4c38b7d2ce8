//! Rows of what callgrind counts, as `benches/rows.yaml` has them.

use std::fs;

use serde::Deserialize;
use testbed::workspace;

use super::filter::Filter;
use super::traffic::Traffic;
use crate::Outcome;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    pub requests: Vec<Row>,
    pub growth: Vec<Row>,
    /// Rows of `docs/performance.md` by their names, and what each is called there.
    pub page: Vec<(String, String)>,
}

/// One kind of request through one filter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    #[serde(rename = "row")]
    pub name: String,
    pub what: String,
    pub filter: Filter,
    #[serde(default)]
    pub traffic: Traffic,
    /// The row of bare Envoy with the same request.
    #[serde(default = "bare")]
    pub bare: String,
    pub bar: Option<Bar>,
}

/// What a row should not exceed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bar {
    /// So much over bare Envoy.
    Over(i64),
    /// Less than that row.
    Below(String),
    /// That row and so many instructions.
    Growth(String, i64),
    /// That row and so many percent of it.
    Percent(String, i64),
    /// That row and as much as lies between the two others.
    GrowthOf(String, String, String),
}

fn bare() -> String {
    "bare".to_owned()
}

impl Rows {
    pub fn read() -> Outcome<Self> {
        let text = fs::read_to_string(workspace().join("benches/rows.yaml"))?;
        Ok(serde_saphyr::from_str(&text)?)
    }

    /// The rows of these names, or all.
    pub fn chosen(self, names: &[String]) -> Outcome<Vec<Row>> {
        let all: Vec<Row> = self.requests.into_iter().chain(self.growth).collect();
        let known: Vec<&str> = all.iter().map(|row| row.name.as_str()).collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let known = known.join(", ");
            return Err(format!("no row is called {unknown}; there are {known}").into());
        }
        Ok(all.into_iter().filter(|row| names.is_empty() || names.contains(&row.name)).collect())
    }

    /// The filter of a row.
    pub fn filter(&self, name: &str) -> Outcome<Filter> {
        let row = self.requests.iter().chain(&self.growth).find(|row| row.name == name);
        Ok(row.ok_or_else(|| format!("no row is called {name}"))?.filter.clone())
    }
}
