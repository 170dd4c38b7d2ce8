//! Names that differ from one installation to the next.

use std::fmt;

/// The default of `metrics.namespace`, in which the files are written.
const NAMESPACE: &str = "probegate";
/// The scrape job of the files.
const JOB: &str = "probegate";
/// URL of the runbooks in the files.
const RUNBOOKS: &str = "https://git.example/probegate/blob/main/docs/runbooks.md";
/// Families of the gate, by the first word behind the namespace. `probegate_build_info` has no namespace.
const FAMILIES: [&str; 4] = ["gateway_", "circuit_breaker_", "probe_", "readiness_"];

/// Names in the rules and the dashboard: of the gate's metrics, its scrape job and the page of the runbooks.
#[derive(Clone, Debug)]
pub struct Names {
    namespace: String,
    job: String,
    runbooks: String,
}

/// A name that the rules cannot have. It names the field and the right value.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidName(&'static str);

impl fmt::Display for InvalidName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for InvalidName {}

impl Default for Names {
    fn default() -> Self {
        Self { namespace: NAMESPACE.to_owned(), job: JOB.to_owned(), runbooks: RUNBOOKS.to_owned() }
    }
}

impl Names {
    /// The namespace of the metrics, as in `metrics.namespace`; empty for none.
    pub fn namespace(self, namespace: &str) -> Result<Self, InvalidName> {
        let mut letters = namespace.chars();
        let begins = letters.next().is_none_or(|first| first.is_ascii_alphabetic() || first == '_');
        if begins && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            Ok(Self { namespace: namespace.to_owned(), ..self })
        } else {
            Err(InvalidName("namespace: must be letters, digits and _, and not begin with a digit"))
        }
    }

    /// The name of the scrape job, which the alert for a gate that is gone watches.
    pub fn job(self, job: &str) -> Result<Self, InvalidName> {
        // What stands within a string of PromQL, within YAML, within JSON as it is.
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:".contains(letter);
        if !job.is_empty() && job.chars().all(plain) {
            Ok(Self { job: job.to_owned(), ..self })
        } else {
            Err(InvalidName("job: must be letters, digits, -, _, ., / and :"))
        }
    }

    /// The address of the page with the runbooks; each alert's name is an anchor on it.
    pub fn runbooks(self, page: &str) -> Result<Self, InvalidName> {
        let plain = |letter: char| letter.is_ascii_graphic() && !"\"'\\#<>{}".contains(letter);
        if page.starts_with("https://") && page.chars().all(plain) {
            Ok(Self { runbooks: page.to_owned(), ..self })
        } else {
            Err(InvalidName(
                "runbooks: must be an address that begins with https://, without an anchor",
            ))
        }
    }

    /// The text with these names in place of the default ones.
    pub(crate) fn applied_to(&self, text: &str) -> String {
        let mut text = text.replace(RUNBOOKS, &self.runbooks);
        let prefix = match self.namespace.as_str() {
            "" => String::new(),
            namespace => format!("{namespace}_"),
        };
        for family in FAMILIES {
            let from = format!("{NAMESPACE}_{family}");
            text = text.replace(&from, &format!("{prefix}{family}"));
        }
        text.replace(&format!("job=\"{JOB}\""), &format!("job=\"{}\"", self.job))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const TEXT: &str = "up{job=\"probegate\"} namespace_job:probegate_gateway_requests:rate5m \
                        probegate_probe_up probegate_build_info";

    #[test]
    fn default_names_leave_a_text_as_it_is() {
        assert_eq!(Names::default().applied_to(TEXT), TEXT);
    }

    #[test]
    fn a_namespace_and_a_job_replace_the_default_ones() {
        let names = Names::default().namespace("shop").unwrap().job("shop-gate").unwrap();
        let expected = "up{job=\"shop-gate\"} namespace_job:shop_gateway_requests:rate5m \
                        shop_probe_up probegate_build_info";
        assert_eq!(names.applied_to(TEXT), expected);
    }

    #[test]
    fn an_empty_namespace_leaves_no_underscore() {
        let text = Names::default().namespace("").unwrap().applied_to(TEXT);
        assert!(text.contains("namespace_job:gateway_requests:rate5m probe_up"), "{text}");
    }

    #[test]
    fn names_that_would_break_a_rule_are_refused() {
        for namespace in ["1st", "a-b", "a b", "a\"", "é"] {
            assert!(Names::default().namespace(namespace).is_err(), "{namespace}");
        }
        for job in ["", "a b", "a\"b", "a\\", "{{a}}"] {
            assert!(Names::default().job(job).is_err(), "{job}");
        }
        for page in ["", "http://a", "https://a#b", "https://a b", "javascript:alert(1)"] {
            assert!(Names::default().runbooks(page).is_err(), "{page}");
        }
    }
}
