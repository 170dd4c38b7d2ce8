//! Compiles the section `probes`.

use crate::config::Mistake;
use crate::config::shape::{self, Probes, TokenShape};
use crate::probe::plan::{Check, Expect, Plan, Rung, Target};
use crate::secret::Secret;

use super::Builder;
use super::checks::{HOUR, SECOND, in_range, pointer, span};
use super::findings::Findings;
use super::tokens::{is_presentable, shown};

const TARGETS: usize = 16;
const RUNGS: usize = 16;
/// Of all targets together: each one is a call an interval, and three families of series.
const RUNGS_IN_ALL: usize = 64;
const THRESHOLD: u32 = 100;

type Result<T> = std::result::Result<T, Mistake>;

/// Checks the section and gives it its meaning.
pub fn compile(probes: Probes, builder: &mut Builder<'_>) -> Option<Plan> {
    let findings = &mut builder.findings;
    findings.check(span("every", probes.every, SECOND..=HOUR, "must be from 1s to 1h"));
    let timeouts = 50_000..=probes.every.0.max(50_000);
    let right = "must be at least 50ms, and at most `every`";
    findings.check(span("timeout", probes.timeout, timeouts, right));
    findings.check(span("open_for", probes.open_for, SECOND..=HOUR, "must be from 1s to 1h"));
    findings.check(in_range("failure_threshold", probes.failure_threshold, 1, THRESHOLD));
    findings.check(in_range("success_threshold", probes.success_threshold, 1, THRESHOLD));
    if probes.targets.len() > TARGETS {
        findings.mistake("targets", format!("must be at most {TARGETS}"));
    }
    let rungs: usize = probes.targets.iter().map(|target| target.rungs.len()).sum();
    if rungs > RUNGS_IN_ALL {
        findings.mistake("targets", format!("must have at most {RUNGS_IN_ALL} rungs in all"));
    }
    let targets = builder.within("targets", |builder| {
        let mut targets: Vec<Target> = Vec::new();
        for (index, target) in probes.targets.into_iter().enumerate() {
            let target = builder.within(index, |b| self::target(target, &targets, b));
            targets.extend(target);
        }
        targets
    });
    Some(Plan {
        every: probes.every.0,
        timeout: probes.timeout.0,
        failure_threshold: u16::try_from(probes.failure_threshold).unwrap_or(u16::MAX),
        success_threshold: u16::try_from(probes.success_threshold).unwrap_or(u16::MAX),
        open_for: probes.open_for.0,
        when_degraded: probes.when_degraded,
        targets,
    })
}

fn target(
    target: shape::TargetShape,
    before: &[Target],
    builder: &mut Builder<'_>,
) -> Option<Target> {
    let service = builder.findings.check(name("service", target.service));
    let cluster = builder.findings.check(header_value("cluster", target.cluster));
    let authority = match target.authority {
        Some(authority) => builder.findings.check(header_value("authority", authority)),
        None => cluster.clone(),
    };
    let authorization = target.token.as_ref().and_then(|token| {
        let service = service.as_deref().unwrap_or_default();
        builder.within("token", |builder| authorization(token, service, builder))
    });
    if !(1..=RUNGS).contains(&target.rungs.len()) {
        builder.findings.mistake("rungs", format!("must be 1 to {RUNGS}"));
    }
    let rungs = builder.within("rungs", |builder| {
        let mut rungs: Vec<Rung> = Vec::new();
        for (index, rung) in target.rungs.into_iter().enumerate() {
            let rung = builder.within(index, |b| self::rung(rung, &rungs, &mut b.findings));
            rungs.extend(rung);
        }
        rungs
    });
    if before.iter().any(|other| Some(&other.service) == service.as_ref()) {
        builder.findings.mistake("service", "names a service twice");
    }
    Some(Target {
        service: service?,
        cluster: cluster?,
        authority: authority?,
        authorization,
        rungs,
    })
}

fn rung(rung: shape::RungShape, before: &[Rung], findings: &mut Findings) -> Option<Rung> {
    let name = findings.check(name("rung", rung.rung));
    if before.iter().any(|other| Some(&other.name) == name.as_ref()) {
        findings.mistake("rung", "names a rung twice");
    }
    let check = match (rung.path, rung.grpc, rung.expect) {
        (Some(path), None, expect) => {
            let path = findings.check(self::path(path));
            let expect = expect.map(|expect| findings.check(self::expect(expect)));
            Check::Http { path: path?, expect: expect.map_or(Some(None), |e| e.map(Some))? }
        }
        (None, Some(_), Some(_)) => {
            findings.mistake("expect", "only a rung with `path` has it");
            return None;
        }
        (None, Some(service), None) if service.len() <= 1024 => {
            Check::Grpc { service: service.into() }
        }
        (None, Some(_), None) => {
            findings.mistake("grpc", "must be the name of a gRPC service");
            return None;
        }
        _ => {
            let right = "must have exactly one of `path` and `grpc`";
            return findings.check(Err(Mistake::new(right)));
        }
    };
    Some(Rung { name: name?, check })
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

fn expect(expect: shape::ExpectShape) -> Result<Expect> {
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

/// The header `authorization` of a service's probes; `None` for a variable that holds no token.
fn authorization(token: &TokenShape, service: &str, builder: &mut Builder<'_>) -> Option<Secret> {
    let (environment, findings) = (builder.environment, &mut builder.findings);
    let token = match token {
        TokenShape::Sha256(_) => {
            let right =
                "must be env or value: a digest opens a door, but cannot be presented at one";
            findings.mistake("sha256", right);
            return None;
        }
        TokenShape::Fetch(_) => {
            findings.mistake("fetch", "must be env or value");
            return None;
        }
        TokenShape::File(_) => {
            findings.mistake("file", "must be env or value");
            return None;
        }
        TokenShape::Env(name) if name.is_empty() => {
            findings.mistake("env", "must name a variable");
            return None;
        }
        TokenShape::Env(name) => {
            let value = environment.trimmed(name);
            if !is_presentable(&value) {
                let name = shown(name);
                findings.warn(format!(
                    "the variable {name} holds no token: {service} is probed without one (set it in vm_config.environment_variables)"
                ));
                return None;
            }
            value
        }
        TokenShape::Value(value) if is_presentable(value.expose()) => {
            findings.warn("a token stands in the configuration itself: prefer env");
            value.expose().to_owned()
        }
        TokenShape::Value(_) => {
            findings.mistake("value", "must be 1 to 4096 visible ASCII characters");
            return None;
        }
    };
    Some(Secret::new(format!("Bearer {token}")))
}
