//! What is rarely done, kept out of the way of what every request does.
//!
//! The code of a request is run through once, cold, so it costs by the lines of the cache and the pages that it lies on
//! more than by its instructions. What most requests do not run is therefore a function of its own: `#[cold]` or
//! `#[inline(never)]` keep the compiler from putting it in the place of its call, and [`aside`] V8 as well.

use std::hint::black_box;

/// Calls a function that neither the compiler nor V8 puts in the place of the call. V8 does that with whatever is
/// small, however rarely it is called.
pub fn aside<A, T>(act: fn(A) -> T, argument: A) -> T {
    black_box(act)(argument)
}
