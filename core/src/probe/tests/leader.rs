//! The configuration that leads.

use crate::probe::leader::{Leadership, Role};

const S: u64 = 1_000_000;

#[test]
fn the_configuration_that_came_last_leads() {
    let (now, mine) = (100 * S, Leadership { fingerprint: 1, configured: 50 * S, seen: 0 });
    let held = |fingerprint, configured, seen| {
        Some(Leadership { fingerprint, configured: configured * S, seen: seen * S })
    };
    let takes = Role::Takeover(Leadership { seen: now, ..mine });
    let takes_with =
        |configured| Role::Takeover(Leadership { seen: now, configured: configured * S, ..mine });
    let table = [
        (None, takes, "nobody does"),
        (held(1, 50, 100), Role::Leader, "we do"),
        (held(1, 50, 99), takes, "we do, and say so once a second"),
        (held(1, 40, 100), takes, "a VM of ours that came later says when"),
        (held(1, 60, 100), Role::Leader, "a VM of ours that came earlier does not"),
        (held(1, 60, 98), takes_with(60), "nor when it says that it is here"),
        (held(2, 40, 100), takes, "an older configuration"),
        (held(2, 60, 100), Role::Follower, "a newer one"),
        (held(2, 60, 98), Role::Follower, "a newer one that was just seen"),
        (held(2, 60, 97), takes, "a newer one that is gone"),
        (held(2, 60, 101), takes, "one from a time to come"),
        (held(2, 200, 100), takes, "another from a time to come"),
        (held(1, 200, 300), takes_with(100), "ourselves from a time to come"),
    ];
    for (held, standing, sentence) in table {
        assert_eq!(mine.stand(held, now), standing, "{sentence}");
    }
}
