//! Every feature of the gate in one Envoy, and whether each works.

mod configuration;

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use testbed::envoy::Failed;
use testbed::rate_limit_service::Limit;
use testbed::service::answer;
use testbed::{RateLimitService, Redis};

use configuration::configuration;

use crate::gate::*;

const TOKEN: &str = "metrics-token";

/// A feature by its place in the configuration, and whether it does what it should.
type Feature = (&'static str, fn(&World) -> bool);

/// The most requests for each guarded target that may reach the upstream.
const ADMITTED: [(&str, usize); 8] = [
    ("/closed", 0),
    ("/metrics?unauthorized", 0),
    ("/v1/x", 3),
    ("/v1/reflect", 1),
    ("/v1/recall?trailers=false", 1),
    ("/v1/recall?trailers=true", 1),
    ("/v1/pay", 1),
    ("/v1/global_rate_limit", 1),
];

/// An Envoy whose gate does all that it can.
pub struct World {
    pub envoy: Envoy,
    upstream: Upstream,
    _redis: Redis,
    _global_rate_limit: RateLimitService,
    _service: Service,
    _vault: Service,
    clients: Cell<u32>,
    sent: Cell<u32>,
    /// The connections of those that got no answer: they wait for one, and may be let through yet.
    unanswered: RefCell<Vec<TcpStream>>,
    /// Time that an answer, and what comes by and by, is waited for.
    pub patience: Duration,
}

impl World {
    pub fn start(restrict: impl FnOnce(Bootstrap) -> Bootstrap) -> Result<Self, Failed> {
        let (upstream, redis) = (Upstream::start(), Redis::start());
        let once = Limit { keys: vec!["operation", "key"], requests: 1, seconds: 86_400 };
        let global_rate_limit = RateLimitService::start(&redis, &[once]);
        let (service, vault) =
            (Service::start(answer(200, "ok")), Service::start(answer(200, "fetched\n")));
        let bootstrap = Bootstrap::to(upstream.address())
            .cluster("service", service.address())
            .cluster("vault", vault.address())
            .cluster_http2("global_rate_limit", global_rate_limit.address())
            .env("METRICS_BEARER", TOKEN)
            .plugin(configuration())
            .wasm(json!({"allow_on_headers_stop_iteration": true}))
            .hcm(json!({"http_protocol_options": {"enable_trailers": true}}))
            .hcm(access_log("told: %FILTER_STATE(wasm.probegate.decision:PLAIN)%\n"));
        let envoy = Envoy::start(&restrict(bootstrap))?;
        Ok(Self {
            envoy,
            upstream,
            _redis: redis,
            _global_rate_limit: global_rate_limit,
            _service: service,
            _vault: vault,
            clients: Cell::new(0),
            sent: Cell::new(0),
            unanswered: RefCell::default(),
            patience: Duration::from_secs(60),
        })
    }

    /// The features that do not do what they should.
    pub fn lost(&self) -> Vec<&'static str> {
        let others: [Feature; 7] = [
            ("request_id", Self::request_id),
            ("metrics_auth.tokens.fetch", Self::fetch),
            ("probes", Self::probes),
            ("metrics", Self::metrics),
            ("codes of gRPC", Self::grpc_codes),
            ("log.access", |world| world.logged(r#""path":"/logged""#)),
            ("log.filter_state", |world| world.logged("told: forward")),
        ];
        let others = others.into_iter().filter(|(_, works)| !works(self)).map(|(name, _)| name);
        self.ask_guards().into_iter().chain(others).collect()
    }

    /// The guarded targets of which more has reached the upstream than may.
    pub fn opened(&self) -> Vec<&'static str> {
        let seen = self.upstream.requests();
        let more = |target: &str, admitted: usize| {
            seen.iter().filter(|request| request.target == target).count() > admitted
        };
        let opened = ADMITTED.iter().filter(|(target, admitted)| more(target, *admitted));
        opened.map(|(target, _)| *target).collect()
    }

    /// Asks each feature that refuses something, and returns those that do not do what they should when
    /// Envoy has read all requests, also of those that no longer wait.
    pub fn ask_guards(&self) -> Vec<&'static str> {
        let guards: [Feature; 8] = [
            ("routes", Self::routes),
            ("metrics_auth", Self::metrics_auth),
            ("rate_limit", Self::rate_limit),
            ("operations", Self::operations),
            ("operations.key.json", |world| world.by_body(false)),
            ("operations.key.json, trailers", |world| world.by_body(true)),
            ("replay", Self::replay),
            ("global_rate_limit", Self::global_rate_limit),
        ];
        let lost = guards.into_iter().filter(|(_, works)| !works(self)).map(|(name, _)| name);
        let lost = lost.collect();
        let (all, gate) =
            (f64::from(self.sent.get()), [("envoy_http_conn_manager_prefix", "gate")]);
        self.envoy.wait_for_stat("envoy_http_downstream_rq_total", &gate, |count| count >= all);
        lost
    }

    fn statuses<const N: usize>(&self, request: &Request) -> [u16; N] {
        [(); N].map(|()| self.status(request))
    }

    /// 0 where there is no answer.
    fn status(&self, request: &Request) -> u16 {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n",
            request.method, request.path
        );
        for (name, value) in request.headers.iter() {
            text += &format!("{name}: {}\r\n", String::from_utf8_lossy(value));
        }
        if request.headers.get("x-client").is_none() {
            text += &format!("x-client: {}\r\n", self.another());
        }
        self.raw_status(&(text + "\r\n"))
    }

    fn raw_status(&self, text: &str) -> u16 {
        let mut stream = TcpStream::connect(self.envoy.address()).expect("Envoy listens");
        stream.set_read_timeout(Some(self.patience)).expect("a timeout");
        stream.write_all(text.as_bytes()).expect("write");
        self.sent.set(self.sent.get() + 1);
        let mut head = [0; 12];
        match stream.read_exact(&mut head) {
            Ok(()) => String::from_utf8_lossy(&head[9..]).parse().unwrap_or(0),
            Err(_) => {
                self.unanswered.borrow_mut().push(stream);
                0
            }
        }
    }

    fn routes(&self) -> bool {
        ["/health", "/closed"].map(|path| self.status(&Request::get(path))) == [200, 404]
    }

    fn request_id(&self) -> bool {
        let request = Request::get("/v1/id").header("x-client", "id");
        let answer = Client::new(self.envoy.address()).try_send(&request).ok().flatten();
        let id = answer.as_ref().and_then(|answer| answer.header("x-request-id"));
        let seen = self.upstream.requests().pop();
        let seen = seen.as_ref().and_then(|request| request.header("x-request-id"));
        id.is_some() && id == seen
    }

    fn metrics_auth(&self) -> bool {
        let without = Request::get("/metrics?unauthorized");
        let wrong = without.clone().header("authorization", "Bearer wrong");
        let right = Request::get("/metrics").header("authorization", format!("Bearer {TOKEN}"));
        [without, wrong, right].map(|request| self.status(&request)) == [401, 401, 200]
    }

    fn fetch(&self) -> bool {
        let open = Request::get("/metrics").header("authorization", "Bearer fetched");
        self.comes_to(|| self.status(&open) == 200)
    }

    fn rate_limit(&self) -> bool {
        let request = Request::get("/v1/x").header("x-client", "one");
        self.statuses(&request) == [200, 200, 200, 429]
    }

    fn operations(&self) -> bool {
        let request = Request::get("/v1/reflect").header("x-bank", "a");
        self.statuses(&request) == [200, 429]
    }

    fn by_body(&self, trailers: bool) -> bool {
        let bank = format!("bank-{trailers}");
        let body = json!({"bank_id": bank}).to_string();
        let size = body.len();
        let head = format!(
            "POST /v1/recall?trailers={trailers} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-client: {bank}\r\n"
        );
        let request = if trailers {
            format!(
                "{head}transfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n{size:x}\r\n{body}\r\n0\r\nx-t: 1\r\n\r\n"
            )
        } else {
            format!("{head}content-length: {size}\r\n\r\n{body}")
        };
        [(); 2].map(|()| self.raw_status(&request)) == [200, 429]
    }

    fn replay(&self) -> bool {
        let pay = Request::new("POST", "/v1/pay")
            .header("x-nonce", "n")
            .header("x-timestamp", now().to_string());
        self.statuses(&pay) == [200, 409]
    }

    fn global_rate_limit(&self) -> bool {
        let request = Request::get("/v1/global_rate_limit").header("x-bank", "a");
        self.statuses(&request) == [200, 429]
    }

    fn probes(&self) -> bool {
        self.comes_to(|| self.status(&Request::get("/-/gate/ready")) == 200)
    }

    fn metrics(&self) -> bool {
        let token = format!("Bearer {TOKEN}");
        let page = Request::get("/-/gate/metrics").header("authorization", token);
        self.comes_to(|| {
            let page = page.clone().header("x-client", self.another());
            let answer = Client::new(self.envoy.address()).try_send(&page).ok().flatten();
            answer.is_some_and(|answer| answer.text().contains(r#"method="GET",status_code="200""#))
        })
    }

    fn grpc_codes(&self) -> bool {
        const HANDLED: &str = "probegate_gateway_grpc_server_handled_total";
        let call = Request::new("POST", "/a.B/C")
            .header("content-type", "application/grpc")
            .header("x-grpc-status", "5")
            .header("x-client", self.another());
        let answered = h2::Client::new(self.envoy.address()).try_send(&call).is_ok();
        let counted = || self.envoy.stats().value(HANDLED, &[("code", "NotFound")]) == 1.0;
        answered && self.comes_to(counted)
    }

    fn logged(&self, text: &str) -> bool {
        self.status(&Request::get("/logged"));
        self.comes_to(|| self.envoy.log().contains(text))
    }

    fn comes_to(&self, works: impl Fn() -> bool) -> bool {
        poll::within(self.patience, || works().then_some(())).is_some()
    }

    /// A client that was not there before.
    fn another(&self) -> String {
        self.clients.set(self.clients.get() + 1);
        format!("client-{}", self.clients.get())
    }
}
