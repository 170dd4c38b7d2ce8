//! What the section `probes` means.

use crate::config::Mistake;
use crate::config::shape::{self, Probes, Token};
use crate::probe::plan::{Check, Expect, Plan, Rung, Target};
use crate::secret::Secret;

use super::Builder;
use super::checks::{HOUR, SECOND, in_range, pointer, span};
use super::tokens::{is_presentable, shown};

const TARGETS: usize = 16;
const RUNGS: usize = 16;
/// Of all targets together: each one is a call an interval, and three families of series.
const RUNGS_IN_ALL: usize = 64;
const THRESHOLD: u32 = 100;

type Result<T> = std::result::Result<T, Mistake>;

/// Checks the section and gives it its meaning.
pub fn compile(probes: Probes, builder: &mut Builder<'_>) -> Result<Plan> {
    span("every", probes.every, SECOND..=HOUR, "must be from 1s to 1h")?;
    let timeouts = 50_000..=probes.every.0;
    span("timeout", probes.timeout, timeouts, "must be at least 50ms, and at most `every`")?;
    span("open_for", probes.open_for, SECOND..=HOUR, "must be from 1s to 1h")?;
    let failures = in_range("failure_threshold", probes.failure_threshold, 1, THRESHOLD)?;
    let successes = in_range("success_threshold", probes.success_threshold, 1, THRESHOLD)?;
    let mut targets: Vec<Target> = Vec::new();
    let mut rungs = 0;
    if probes.targets.len() > TARGETS {
        return Err(Mistake::new(format!("must be at most {TARGETS}")).within_key("targets"));
    }
    for (index, target) in probes.targets.into_iter().enumerate() {
        let within = |mistake: Mistake| mistake.within_index(index).within_key("targets");
        let target = self::target(target, builder).map_err(within)?;
        if targets.iter().any(|other| other.service == target.service) {
            return Err(within(Mistake::new("names a service twice").within_key("service")));
        }
        rungs += target.rungs.len();
        targets.push(target);
    }
    if rungs > RUNGS_IN_ALL {
        let right = format!("must have at most {RUNGS_IN_ALL} rungs in all");
        return Err(Mistake::new(right).within_key("targets"));
    }
    Ok(Plan {
        every: probes.every.0,
        timeout: probes.timeout.0,
        failure_threshold: u16::try_from(failures).unwrap_or(u16::MAX),
        success_threshold: u16::try_from(successes).unwrap_or(u16::MAX),
        open_for: probes.open_for.0,
        when_degraded: probes.when_degraded,
        targets,
    })
}

fn target(target: shape::Target, builder: &mut Builder<'_>) -> Result<Target> {
    let service = name("service", target.service)?;
    let cluster = header_value("cluster", target.cluster)?;
    let authority = match target.authority {
        Some(authority) => header_value("authority", authority)?,
        None => cluster.clone(),
    };
    let token = match &target.token {
        Some(token) => {
            self::token(token, &service, builder).map_err(|mistake| mistake.within_key("token"))?
        }
        None => None,
    };
    let within = |mistake: Mistake| mistake.within_key("rungs");
    if !(1..=RUNGS).contains(&target.rungs.len()) {
        return Err(within(Mistake::new(format!("must be 1 to {RUNGS}"))));
    }
    let mut rungs: Vec<Rung> = Vec::new();
    for (index, rung) in target.rungs.into_iter().enumerate() {
        let within = |mistake: Mistake| within(mistake.within_index(index));
        let rung = self::rung(rung).map_err(within)?;
        if rungs.iter().any(|other| other.name == rung.name) {
            return Err(within(Mistake::new("names a rung twice").within_key("rung")));
        }
        rungs.push(rung);
    }
    Ok(Target { service, cluster, authority, token, rungs })
}

fn rung(rung: shape::Rung) -> Result<Rung> {
    let name = name("rung", rung.rung)?;
    let check = match (rung.path, rung.grpc, rung.expect) {
        (Some(path), None, expect) => {
            Check::Http { path: self::path(path)?, expect: expect.map(self::expect).transpose()? }
        }
        (None, Some(_), Some(_)) => {
            return Err(Mistake::new("only a rung with `path` has it").within_key("expect"));
        }
        (None, Some(service), None) if service.len() <= 1024 => {
            Check::Grpc { service: service.into() }
        }
        (None, Some(_), None) => {
            return Err(Mistake::new("must be the name of a gRPC service").within_key("grpc"));
        }
        _ => return Err(Mistake::new("must have exactly one of `path` and `grpc`")),
    };
    Ok(Rung { name, check })
}

/// Checks a path, which may have a query.
pub fn path(path: String) -> Result<Box<str>> {
    let within = |right| Err(Mistake::new(right).within_key("path"));
    if !path.starts_with('/') {
        return within(r#"must start with "/""#);
    }
    if path.len() > 4096 || path.contains('#') || !path.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return within("must be visible ASCII characters, without a fragment");
    }
    Ok(path.into())
}

fn expect(expect: shape::Expect) -> Result<Expect> {
    let pointer = pointer("json", &expect.json).map_err(|mistake| mistake.within_key("expect"))?;
    Ok(Expect { pointer, equals: expect.equals })
}

/// A name that is a label, stands in a header, and is read on a page.
fn name(key: &str, name: String) -> Result<Box<str>> {
    let closed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(closed) {
        return Ok(name.into());
    }
    let right = "must be 1 to 64 letters, digits, underscores, dots and dashes";
    Err(Mistake::new(right).within_key(key))
}

/// Checks what stands in a header, or names a cluster.
pub fn header_value(key: &str, value: String) -> Result<Box<str>> {
    if (1..=1024).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(value.into());
    }
    Err(Mistake::new("must be 1 to 1024 visible ASCII characters").within_key(key))
}

/// The token that probes of a service carry; `None` for a variable that holds none.
fn token(token: &Token, service: &str, builder: &mut Builder<'_>) -> Result<Option<Secret>> {
    let token = match token {
        Token::Sha256(_) => {
            let right =
                "must be env or value: a digest opens a door, but cannot be presented at one";
            return Err(Mistake::new(right).within_key("sha256"));
        }
        Token::Fetch(_) => {
            return Err(Mistake::new("must be env or value").within_key("fetch"));
        }
        Token::File(_) => {
            return Err(Mistake::new("must be env or value").within_key("file"));
        }
        Token::Env(name) if name.is_empty() => {
            return Err(Mistake::new("must name a variable").within_key("env"));
        }
        Token::Env(name) => {
            let value = builder.environment.trimmed(name);
            if !is_presentable(&value) {
                let name = shown(name);
                builder.warnings.push(format!(
                    "the variable {name} holds no token: {service} is probed without one (set it in vm_config.environment_variables)"
                ));
                return Ok(None);
            }
            value
        }
        Token::Value(value) if is_presentable(value.expose()) => {
            builder.warnings.push("a token stands in the configuration itself: prefer env".into());
            value.expose().to_owned()
        }
        Token::Value(_) => {
            let right = "must be 1 to 4096 visible ASCII characters";
            return Err(Mistake::new(right).within_key("value"));
        }
    };
    Ok(Some(Secret::new(token)))
}
