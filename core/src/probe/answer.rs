//! Judges the answer to a probe.

use crate::json::Value;
use crate::time::Micros;

use super::plan::{Check, Expect, Plan, Scalar};
use super::rung::Outcome;
use super::{Ticket, grpc};
use crate::callout::{FailureReason, Response};

impl Plan {
    /// Judges an answer to a probe that came at `now`; `None` to one of another plan.
    pub fn judge(&self, ticket: Ticket, answer: Response<'_>, now: Micros) -> Option<Outcome> {
        let rung = self.targets.get(ticket.target)?.rungs.get(ticket.rung)?;
        Some(rung.check.judge(answer, now.saturating_sub(ticket.sent), self.timeout))
    }
}

impl Check {
    /// Judges an answer that `took` so long.
    pub fn judge(&self, answer: Response<'_>, took: Micros, timeout: Micros) -> Outcome {
        match self.read(answer, took, timeout) {
            Ok(outcome) => outcome,
            Err(reason) => Outcome::Failed(reason),
        }
    }

    fn read(
        &self,
        answer: Response<'_>,
        took: Micros,
        timeout: Micros,
    ) -> Result<Outcome, FailureReason> {
        let status = answer.status(took, timeout)?;
        match self {
            Self::Grpc { .. } if status != 200 => Err(FailureReason::Status),
            Self::Grpc { .. } => grpc::judge(answer),
            Self::Http { .. } if !(200..400).contains(&status) => Err(FailureReason::Status),
            Self::Http { expect: None, .. } => Ok(Outcome::Up),
            // What is expected stands on no redirect.
            Self::Http { expect: Some(_), .. } if status >= 300 => Ok(Outcome::Degraded),
            Self::Http { expect: Some(expect), .. } => expect.judge(answer.body),
        }
    }
}

impl Expect {
    fn judge(&self, body: Option<&[u8]>) -> Result<Outcome, FailureReason> {
        let body = body.ok_or(FailureReason::Body)?;
        let document: Value = serde_json::from_slice(body).map_err(|_| FailureReason::Body)?;
        let place = self.pointer.iter().try_fold(&document, |value, token| value.step(token));
        let met = match (place, &self.equals) {
            (Some(Value::Null), Scalar::Null) => true,
            (Some(Value::Bool(found)), Scalar::Bool(expected)) => found == expected,
            (Some(Value::Number(found)), Scalar::Number(expected)) => found == expected,
            (Some(Value::String(found)), Scalar::String(expected)) => found == expected,
            _ => false,
        };
        Ok(if met { Outcome::Up } else { Outcome::Degraded })
    }
}
