//! Shared values: whatever stands in one of our keys, it admits no more than an empty one does.
//!
//! | value | what holds, whatever the bytes |
//! |---|---|
//! | a slot of clients | within a window no more than the limit, and what two leases hold; from ten windows on the client is admitted |
//! | an operation's slot | at once no more than the burst; bytes that are not ours have no say once it refilled |
//! | a slot of nonces | one nonce passes once |
//! | a probed target's record, who probes | read as what would be written, or not at all; probing goes on |
//! | a source's tokens | at most 16, of an age that is known; what the source says next stands alone |
//! | the list of series | bounded, and what is counted here is shown |

mod counts;
mod limits;
mod probing;
mod tokens;

/// The value's index, and its bytes.
pub fn run(data: &[u8]) {
    let Some((which, value)) = data.split_first() else { return };
    match which % 8 {
        0 => limits::clients(value, 3),
        1 => limits::clients(value, 1_024),
        2 => limits::operation(value),
        3 => limits::nonces(value),
        4 => probing::target(value),
        5 => probing::leadership(value),
        6 => tokens::source(value),
        _ => counts::registry(value),
    }
}
