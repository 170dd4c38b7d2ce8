//! Envoy's own account of every stream: a line of its access log for each.
//!
//! A filter of Envoy's in front of the gate notes in the stream's filter state that filters were shown the
//! request. A stream without that note is one that Envoy alone has dealt with: it ended before its head was
//! whole, or Envoy refused the head. Why is Envoy's business, as long as the gate has no part in it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::{Value, json};

use crate::report::Report;
use testbed::Host;

const SHOWN: &[u8] = b"shown";

#[derive(Default)]
pub struct Account {
    pub streams: u64,
    /// Streams that the gate was shown, by the status of their answer; 0 if there was none.
    pub shown: BTreeMap<u16, u64>,
    /// Those that it was not shown.
    pub alone: BTreeMap<u16, u64>,
    /// What the gate decided, in a word.
    pub decisions: BTreeMap<String, u64>,
    /// Forwarded requests that were answered 401 or 403.
    pub denied_behind: u64,
    pub seen: Report,
}

/// The filter in front of the gate.
pub fn filter() -> Value {
    json!({
        "name": "shown",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config",
            "on_request_headers": [{
                "object_key": "hostile.shown",
                "factory_key": "envoy.string",
                "format_string": {"text_format_source": {"inline_string": "shown"}},
            }],
        },
    })
}

/// The access log of the connection manager.
pub fn log(path: &Path) -> Value {
    const LINE: &str = "%RESPONSE_CODE% %FILTER_STATE(hostile.shown:PLAIN)% \
        %FILTER_STATE(DECISION:PLAIN)% %RESP(x-request-id)% %REQ(:path)%\n";
    let decision = match Host::from_env() {
        Host::Wasm => "wasm.probegate.decision",
        Host::Native => "probegate.decision",
    };
    let line = LINE.replace("DECISION", decision);
    json!([{
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": path,
            // What is not there is empty: a client's own ID may be "-".
            "log_format": {"omit_empty_values": true, "text_format_source": {"inline_string": line}},
        },
    }])
}

impl Account {
    /// Reads all there is by now.
    pub fn read(path: &Path) -> Self {
        let mut account = Self::default();
        let mut reader = BufReader::new(File::open(path).expect("Envoy's access log"));
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).expect("read Envoy's access log") > 0 {
            account.enter(line.trim_ascii_end());
            line.clear();
        }
        account
    }

    fn enter(&mut self, line: &[u8]) {
        let mut words = line.splitn(5, |byte| *byte == b' ');
        let mut word = || words.next().unwrap_or_default();
        let [status, shown, decision, id] = [word(), word(), word(), word()];
        // A stream that was told to continue, and ended, had no answer.
        let status: u16 =
            str::from_utf8(status).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        let status = if status == 100 { 0 } else { status };
        let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
        self.streams += 1;
        if shown == SHOWN {
            *self.shown.entry(status).or_default() += 1;
            // Nothing was decided of one that waited for its body when its client went.
            let decided = if decision.is_empty() { b"unfinished" } else { decision };
            *self.decisions.entry(text(decided)).or_default() += 1;
            self.denied_behind += u64::from(
                matches!(decision, b"forwarded" | b"degraded") && matches!(status, 401 | 403),
            );
            if status > 0 && id.is_empty() {
                self.broke("every answer to a request that the gate saw has an ID", line);
            }
            return;
        }
        *self.alone.entry(status).or_default() += 1;
        if !id.is_empty() || !decision.is_empty() {
            self.broke("the gate has no part in what Envoy shows to no filter", line);
        }
    }

    fn broke(&mut self, promise: &str, line: &[u8]) {
        self.seen.check(false, promise, line.escape_ascii().to_string());
    }
}
