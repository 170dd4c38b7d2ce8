//! What grows with the number of clients, routes, headers and series.

use super::*;

/// What grows with the number of clients, routes, headers and series.
pub fn curves() -> Vec<Row> {
    let live = |number| api().vary(Vary::Clients(number));
    let after = |number| live(2_000).before(Before::Clients(number));
    vec![
        Row::new("clients-1", "1 live client, 100 a second each", live_clients(), live(1)),
        Row::new("clients-5000", "5,000 live clients", live_clients(), live(5_000))
            .bar(Bar::Growth("clients-1", 18_000)),
        Row::new("seen-10000", "10,000 clients seen", seen_clients(), after(10_000)),
        Row::new("seen-1000000", "1,000,000 clients seen", seen_clients(), after(1_000_000))
            .bar(Bar::Percent("seen-10000", 2)),
        Row::gate("patterns-5", "5 route patterns", patterns(5), api()),
        Row::gate("patterns-1000", "1,000 route patterns", patterns(1_000), api())
            .bar(Bar::Percent("patterns-5", 3)),
        Row::new(
            "headers-10-empty",
            "10 request headers, an empty filter that reads one",
            Filter::Empty("accept"),
            api().headers(10),
        ),
        Row::new(
            "headers-100-empty",
            "100 request headers, the same filter",
            Filter::Empty("accept"),
            api().headers(100),
        ),
        Row::gate("headers-10", "10 request headers", json!({}), api().headers(10)),
        Row::gate("headers-100", "100 request headers", json!({}), api().headers(100))
            .bar(Bar::GrowthOf("headers-10", ("headers-10-empty", "headers-100-empty"))),
        Row::gate("series-10", "10 series of method and status", json!({}), series(10)),
        Row::gate("series-2000", "2,000 series", json!({}), series(2_000))
            .bar(Bar::Percent("series-10", 1)),
        Row::gate("scrape-50", "a scrape of 50 series", json!({}), scrape(2)),
        Row::gate(
            "scrape-2000",
            "a scrape of all the series there can be",
            json!({}),
            scrape(2_000),
        ),
        of_module(
            "dynamic-seen-10000",
            "dynamic module: 10,000 clients seen",
            seen(),
            after(10_000),
        ),
        of_module(
            "dynamic-seen-1000000",
            "dynamic module: 1,000,000 clients seen",
            seen(),
            after(1_000_000),
        )
        .bar(Bar::Percent("dynamic-seen-10000", 3)),
        of_module("dynamic-patterns-5", "dynamic module: 5 route patterns", patterns(5), api()),
        of_module(
            "dynamic-patterns-1000",
            "dynamic module: 1,000 route patterns",
            patterns(1_000),
            api(),
        )
        .bar(Bar::Percent("dynamic-patterns-5", 3)),
        of_module("dynamic-series-10", "dynamic module: 10 series", json!({}), series(10)),
        of_module("dynamic-series-2000", "dynamic module: 2,000 series", json!({}), series(2_000))
            .bar(Bar::Percent("dynamic-series-10", 3)),
    ]
}

fn of_module(
    name: &'static str,
    what: &'static str,
    configuration: Value,
    traffic: Traffic,
) -> Row {
    Row::new(name, what, Filter::Dynamic(configuration), traffic)
}

/// The configuration of [`seen_clients`].
fn seen() -> Value {
    match seen_clients() {
        Filter::Gate(configuration) => configuration,
        _ => Value::Null,
    }
}

/// Two methods, after so many combinations of method and status.
fn series(number: u32) -> Traffic {
    api().vary(Vary::Methods).before(Before::Series(number))
}

/// Scrapes of the gate itself, after so many combinations of method and status.
fn scrape(combinations: u32) -> Traffic {
    Traffic::get("/-/gate/metrics")
        .header("authorization", &format!("Bearer {TOKEN}"))
        .before(Before::Series(combinations))
        .one_in(40)
}

/// So many patterns that the measured request does not match: exact ones and subtrees, of all classes.
fn patterns(number: usize) -> Value {
    let classes = ["health", "metrics", "closed", "api"];
    let paths = |class: usize| -> Vec<String> {
        let of_class = (0..number).filter(|nth| nth % classes.len() == class);
        of_class
            .map(|nth| {
                if nth.is_multiple_of(3) {
                    format!("/v2/part-{nth}/*")
                } else {
                    format!("/v2/part-{nth}")
                }
            })
            .collect()
    };
    let routes: Vec<Value> = classes
        .iter()
        .enumerate()
        .map(|(nth, class)| json!({"paths": paths(nth), "class": class}))
        .collect();
    json!({ "routes": routes })
}
