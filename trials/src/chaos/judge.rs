//! What must hold, whatever breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::crowd::{Answer, Kind, counted, statuses};
use super::{HANDED_OUT, LIMIT, Report, TOKEN, start};
use testbed::client::{Answered, most_within};
use testbed::{Bootstrap, Envoy, Service, process};

impl Report {
    /// Holds if every answer is one that may be, and the limit is kept. Beside 200, requests that are let through may have the statuses
    /// `through`; `instead` may stand for any answer, while there is no gate.
    pub fn judge(&mut self, answers: &[Answer], through: &[u16], instead: &[u16]) {
        self.requests += answers.len() as u64;
        for kind in [Kind::Api, Kind::Greedy, Kind::Health, Kind::Token, Kind::NoToken] {
            let of_kind = answers.iter().filter(|answer| answer.kind == kind);
            let (promise, own): (&str, &[u16]) = match kind {
                Kind::Api => ("nobody within the limit is refused", &[200]),
                Kind::Health => ("health routes are never refused", &[200]),
                Kind::Token => ("a valid token opens", &[200]),
                Kind::Greedy => ("who is over the limit is told so", &[200, 429]),
                Kind::NoToken => ("without a token nothing opens", &[401]),
            };
            let through = if kind == Kind::NoToken { &[] } else { through };
            let mut may: BTreeSet<u16> =
                own.iter().chain(through).chain(instead).copied().collect();
            // No limit is about them, whatever became of it.
            if kind == Kind::Health {
                may.remove(&429);
            }
            let mut seen = counted(of_kind.map(|answer| answer.status));
            self.check(
                !seen.is_empty(),
                "each kind of request was sent",
                format!("{kind:?}: none"),
            );
            seen.retain(|status, _| !may.contains(status));
            self.check(seen.is_empty(), promise, format!("{kind:?} has statuses {seen:?}"));
        }
        let foreign = |answer: &&Answer| !answer.own_id && !instead.contains(&answer.status);
        let foreign = answers.iter().filter(foreign).count();
        self.check(
            foreign == 0,
            "each answer carries its request's ID",
            format!("{foreign} do not"),
        );
        self.figure(told(&counted(statuses(answers))));
        self.judge_limit(answers);
    }

    /// All that holds of an Envoy that outlives the fault: each answer, the guards, the counters, where others
    /// than the crowd saw these statuses `besides`, and the process.
    pub fn judge_all(
        mut self,
        answers: &[Answer],
        through: &[u16],
        besides: &[u16],
        service: &Service,
        mut envoy: Envoy,
    ) -> Self {
        self.judge(answers, through, &[]);
        self.judge_service(service);
        let seen = counted(statuses(answers).chain(besides.iter().copied()));
        self.judge_counters(&envoy, &seen);
        self.judge_process(&mut envoy);
        self.end(&envoy)
    }

    /// The same of a process that is started after the fault.
    pub fn judge_next(self, bootstrap: &Bootstrap, service: &Service, phase: Duration) -> Self {
        let (envoy, crowd) = start(bootstrap, phase);
        self.judge_all(&crowd.take(), &[], &[], service, envoy)
    }

    /// Judges the limit: the one client that sends as fast as it can has no more than its limit in any window.
    fn judge_limit(&mut self, answers: &[Answer]) {
        let greedy = answers.iter().filter(|answer| answer.kind == Kind::Greedy);
        let greedy: Vec<Answered> = greedy
            .map(|&Answer { sent, received, status, .. }| Answered { sent, received, status })
            .collect();
        let most = most_within(&greedy, 200, Duration::from_secs(1));
        let seen = format!("at most {most} of {LIMIT} a window");
        self.check(most <= LIMIT as usize, "the limit is kept", &seen);
        self.figure(seen);
    }

    /// Whether nothing reached a guarded route of the service but with a token that is valid.
    pub fn judge_service(&mut self, service: &Service) {
        let guarded = |head: &&(Instant, String)| {
            head.1.split(' ').nth(1).is_some_and(|path| path.to_lowercase().contains("etrics"))
        };
        let opened = |head: &&(Instant, String)| {
            let head = head.1.to_lowercase();
            let has = |token: &str| head.contains(&format!("authorization: bearer {token}\r\n"));
            ![TOKEN, HANDED_OUT].into_iter().any(has)
        };
        let opened = service.requests().iter().filter(guarded).filter(opened).count();
        let seen = format!("{opened} requests reached the service");
        self.check(opened == 0, "no guarded path is opened", seen);
    }

    /// Keeps Envoy's log, if a promise was broken.
    pub fn end(mut self, envoy: &Envoy) -> Self {
        if !self.holds() {
            let folder = process::folder();
            std::fs::write(folder.join("envoy.log"), envoy.log()).expect("write the evidence");
            self.keep(&folder);
        }
        self
    }
}

pub fn told(statuses: &BTreeMap<u16, u64>) -> String {
    let one = |(status, count): (&u16, &u64)| match status {
        0 => format!("unanswered {count}"),
        _ => format!("{status} {count}"),
    };
    statuses.iter().map(one).collect::<Vec<_>>().join(", ")
}
