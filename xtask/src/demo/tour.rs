//! The tour: one step for each thing that the gate promises.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use testbed::client::{Answered, Load, load, most_within};
use testbed::{Client, Envoy, Request, Response, Stats, Upstream, poll};

use super::exchange::{Show, curl};
use crate::Outcome;

/// The limit in `envoy/envoy.yaml`: so many requests a second for a client.
const LIMIT: usize = 20;
const API: &str = "/v1/recall";

/// An error if a promise was not kept.
pub fn run(envoy: &Envoy, upstream: &Upstream, token: &str) -> Outcome {
    let client = Client::new(envoy.address());
    let mut tour = Tour { envoy, upstream, client, show: Show::new(), sent: BTreeMap::new() };
    tour.minted_id();
    tour.own_id();
    tour.metrics_without_token();
    tour.metrics_with_token(token);
    tour.burst();
    tour.counters();
    tour.scrape(token);
    tour.show.outcome()
}

struct Tour<'a> {
    envoy: &'a Envoy,
    upstream: &'a Upstream,
    client: Client,
    show: Show,
    /// How many requests were answered with which status.
    sent: BTreeMap<u16, usize>,
}

impl Tour<'_> {
    fn minted_id(&mut self) {
        self.show.step("A request without an ID gets one");
        let response = self.exchange(&Request::get(API));
        let id = response.header("x-request-id").unwrap_or_default();
        self.show
            .promise(response.status == 200 && is_uuid_v4(id), "the ID is a fresh UUID, version 4");
        self.same_at_upstream(id);
    }

    fn own_id(&mut self) {
        self.show.step("A client's own ID is kept");
        let response = self.exchange(&Request::get(API).header("x-request-id", "my-trace-123"));
        let id = response.header("x-request-id").unwrap_or_default();
        self.show.promise(id == "my-trace-123", "the answer carries the client's ID");
        self.same_at_upstream(id);
    }

    fn same_at_upstream(&mut self, id: &str) {
        let seen = self.upstream.requests().pop();
        let same =
            seen.is_some_and(|request| request.headers_named("x-request-id") == [id.as_bytes()]);
        self.show.promise(same, "the upstream saw the same one, once");
    }

    fn metrics_without_token(&mut self) {
        self.show.step("Nobody reads metrics without the token");
        let before = self.upstream.count();
        let response = self.exchange(&Request::get("/metrics"));
        let challenge = response.header("www-authenticate") == Some("Bearer realm=\"metrics\"");
        self.show.promise(response.status == 401 && challenge, "401 with a challenge");
        self.show
            .promise(says(&response, "unauthorized"), "the body is JSON and says unauthorized");
        self.show.promise(self.upstream.count() == before, "the upstream saw nothing of it");
    }

    fn metrics_with_token(&mut self, token: &str) {
        self.show.step("With the token the upstream's metrics are there");
        let response = self
            .exchange(&Request::get("/metrics").header("authorization", format!("Bearer {token}")));
        let page = response.text();
        self.show.promise(
            response.status == 200 && page.contains("app_recalls_total"),
            "200 with the upstream's page",
        );
    }

    /// Two clients of one address at once: one bursts over the limit, the other asks for health.
    fn burst(&mut self) {
        self.show.step("A client that bursts is held to its limit, over all workers together");
        let (base, address) = (self.envoy.url(), self.envoy.address());
        self.show.command(&format!(
            "seq 48 | xargs -P8 -I: curl -s -o /dev/null -w '%{{http_code}}\\n' {base}{API} | sort | uniq -c"
        ));
        let (api, health) = thread::scope(|scope| {
            let health = scope.spawn(|| load(address, &Load::new(Request::get("/health"), 4, 12)));
            let api = load(address, &Load::new(Request::get(API), 8, 6));
            (api, health.join().expect("the load on /health"))
        });
        let (by_status, health) = (self.tally(&api), self.tally(&health));
        let refused = self.refusal();
        self.show.line(&format!("by status: {by_status:?}"));
        let admitted = most_within(&api, 200, Duration::from_secs(1));
        self.show
            .promise((1..=LIMIT).contains(&admitted), "no more than 20 in a second are admitted");
        self.show.command(&curl(&base, &Request::get(API)));
        self.show.answer(&refused);
        self.show.promise(
            refused.status == 429 && says(&refused, "rate_limited"),
            "the rest is refused in JSON",
        );
        self.after_the_wait(&refused);

        self.show.step("Health is never refused, not even then");
        self.show.line(&format!("/health by status, in the middle of the burst: {health:?}"));
        self.show.promise(health.keys().eq([&200]), "all were answered with 200");
    }

    /// The first refusal. On a slow machine the burst may have left room for some more.
    fn refusal(&mut self) -> Response {
        let mut answer = self.send(&Request::get(API));
        for _ in 0..2 * LIMIT {
            if answer.status == 429 {
                break;
            }
            answer = self.send(&Request::get(API));
        }
        answer
    }

    fn after_the_wait(&mut self, refused: &Response) {
        let seconds =
            refused.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or_default();
        poll::at(Instant::now() + Duration::from_secs(seconds));
        let response = self.exchange(&Request::get(API));
        self.show.promise(
            seconds >= 1 && response.status == 200,
            "after the time in retry-after it is admitted again",
        );
    }

    fn counters(&mut self) {
        self.show.step("All of it is counted, with labels");
        self.show.command(&format!(
            "curl -s http://{}/stats/prometheus | grep ^probegate_",
            self.envoy.admin_address()
        ));
        let sent = self.sent.clone();
        let counted = poll::within(Duration::from_secs(5), || {
            let stats = self.envoy.stats();
            let agrees = |(status, count): (&u16, &usize)| {
                let labels = [("method", "GET"), ("status_code", &*status.to_string())];
                stats.value("probegate_gateway_requests_total", &labels) == *count as f64
            };
            sent.iter().all(agrees).then_some(stats)
        });
        let page = self.envoy.admin("/stats/prometheus");
        let shown = |line: &&str| {
            line.starts_with("probegate_") && !line.contains("_bucket") && line.contains("_total")
        };
        page.lines().filter(shown).for_each(|line| self.show.line(line));
        self.show.promise(counted.is_some(), &format!("each request was counted once: {sent:?}"));
        let stats = counted.unwrap_or_default();
        let missing = [("auth_method", "none"), ("reason", "missing")];
        let failures = stats.value("probegate_gateway_auth_failures_total", &missing);
        self.show.promise(failures == 1.0, "one auth failure, for want of a token");
        let limited = stats.value("probegate_gateway_rate_limited_total", &[]);
        let refused = sent.get(&429).copied().unwrap_or_default();
        self.show.promise(
            limited == refused as f64,
            "as many refused for the limit as were answered with 429",
        );
    }

    fn scrape(&mut self, token: &str) {
        self.show.step("The gate answers a scrape itself, behind the token, for all workers");
        let request =
            Request::get("/-/gate/metrics").header("authorization", format!("Bearer {token}"));
        self.show.command(&format!("{} | grep -v _bucket", curl(&self.envoy.url(), &request)));
        let labels = [("method", "GET"), ("status_code", "429")];
        let refused = self.sent.get(&429).copied().unwrap_or_default() as f64;
        let response = self.send(&request);
        let page = response.text();
        let shown = |line: &&str| !line.starts_with('#') && !line.contains("_bucket");
        page.lines().filter(shown).for_each(|line| self.show.line(line));
        let counted = match response.status {
            200 => Stats::parse(&page).value("probegate_gateway_requests_total", &labels),
            _ => -1.0,
        };
        self.show.promise(counted == refused, "it says what Envoy's page says");
    }

    fn exchange(&mut self, request: &Request) -> Response {
        self.show.command(&curl(&self.envoy.url(), request));
        let response = self.send(request);
        self.show.answer(&response);
        response
    }

    fn send(&mut self, request: &Request) -> Response {
        let response = self.client.send(request);
        *self.sent.entry(response.status).or_default() += 1;
        response
    }

    fn tally(&mut self, answers: &[Answered]) -> BTreeMap<u16, usize> {
        let mut tally = BTreeMap::new();
        for answer in answers {
            *tally.entry(answer.status).or_default() += 1;
            *self.sent.entry(answer.status).or_default() += 1;
        }
        tally
    }
}

fn says(response: &Response, error: &str) -> bool {
    serde_json::from_slice(&response.body)
        .is_ok_and(|body: serde_json::Value| body["error"] == error)
}

fn is_uuid_v4(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
        && groups[2].starts_with('4')
        && groups[3].starts_with(['8', '9', 'a', 'b'])
}
