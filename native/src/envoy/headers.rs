//! The headers of a message, lent both ways and copied by Envoy alone.

use std::fmt;
use std::marker::PhantomData;

use smallvec::SmallVec;

use super::{Failed, Filter};
use crate::abi::{Buffer, Pair, callbacks};
use probegate_core::local_reply::Reply;
use probegate_core::request::{Header, HeaderList, Headers};

/// Header map of a stream: headers or trailers, of the request or of the response.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub enum Map {
    Request = 0,
    RequestTrailers = 1,
    Response = 2,
    ResponseTrailers = 3,
}

/// A header that Envoy lends for as long as `'a`.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Lent<'a>(Pair, PhantomData<&'a [u8]>);

impl<'a> Lent<'a> {
    fn header(self) -> Header<'a> {
        // SAFETY: the bytes are lent for as long as `'a`.
        unsafe { (self.0.name.bytes(), self.0.value.bytes()) }
    }
}

impl fmt::Debug for Lent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lent(..)")
    }
}

/// All headers of a message, in its order. As many as nearly every request has lie on the stack.
#[derive(Debug, Default)]
pub struct HeadersOf<'a>(SmallVec<[Lent<'a>; 32]>);

impl HeaderList for HeadersOf<'_> {
    fn header(&self, place: usize) -> Option<Header<'_>> {
        self.0.get(place).map(|lent| lent.header())
    }
}

impl<'a> HeadersOf<'a> {
    /// Goes through them.
    pub fn walk<'b>(&'b self) -> Walk<'a, 'b> {
        Walk { all: self, left: &self.0 }
    }
}

/// A way through the headers of a message.
#[derive(Clone, Copy, Debug)]
pub struct Walk<'a, 'b> {
    all: &'b HeadersOf<'a>,
    left: &'b [Lent<'a>],
}

impl<'a: 'b, 'b> Iterator for Walk<'a, 'b> {
    type Item = Header<'b>;

    fn next(&mut self) -> Option<Header<'b>> {
        self.left.split_off_first().map(|lent| lent.header())
    }
}

impl<'a: 'b, 'b> From<Walk<'a, 'b>> for Headers<'b> {
    fn from(walk: Walk<'a, 'b>) -> Self {
        Self::Lent(walk.all, walk.all.0.len() - walk.left.len())
    }
}

impl Filter {
    /// Has Envoy lend all headers. They are a kilobyte on the stack, so they are written where they stay.
    pub fn lend_headers<'a>(&'a self, map: Map, to: &mut HeadersOf<'a>) -> Result<(), Failed> {
        let envoy = callbacks().ok_or(Failed)?;
        // SAFETY: `raw` is a filter.
        let count = unsafe { (envoy.http_get_headers_size)(self.raw, map as u32) };
        to.0.clear();
        to.0.reserve(count);
        // SAFETY: there is room for `count` headers, and Envoy writes as many as it has just counted. They are the
        // message's until it is changed, for which one must borrow `self` mutably.
        unsafe {
            if !(envoy.http_get_headers)(self.raw, map as u32, to.0.as_mut_ptr().cast()) {
                return Err(Failed);
            }
            to.0.set_len(count);
        }
        Ok(())
    }

    /// The first value of a header.
    pub fn header(&self, map: Map, name: &[u8]) -> Option<&[u8]> {
        let envoy = callbacks()?;
        let mut value = Buffer::NONE;
        // SAFETY: the name outlives the call, `value` takes the answer, and nobody wants the count.
        unsafe {
            let name = Buffer::new(name);
            let null = std::ptr::null_mut();
            (envoy.http_get_header)(self.raw, map as u32, name, &raw mut value, 0, null)
                .then(|| value.bytes())
        }
    }

    /// Sets a header, in place of all of that name.
    pub fn set_header(&mut self, map: Map, name: &[u8], value: &[u8]) -> Result<(), Failed> {
        self.put_header(map, name, Buffer::new(value))
    }

    /// Takes all headers of that name off.
    pub fn remove_header(&mut self, map: Map, name: &[u8]) -> Result<(), Failed> {
        self.put_header(map, name, Buffer::NONE)
    }

    fn put_header(&mut self, map: Map, name: &[u8], value: Buffer) -> Result<(), Failed> {
        let envoy = callbacks().ok_or(Failed)?;
        // SAFETY: both outlive the call, which copies them.
        let set =
            unsafe { (envoy.http_set_header)(self.raw, map as u32, Buffer::new(name), value) };
        if set { Ok(()) } else { Err(Failed) }
    }

    /// Answers the request. Envoy may end the stream before this returns, and call other hooks about it.
    pub fn send_reply(&mut self, reply: &Reply) {
        const DETAILS: &[u8] = b"probegate";
        if let Some(envoy) = callbacks() {
            let (body, details) = (Buffer::new(reply.body()), Buffer::new(DETAILS));
            // Filled where it lies, half a kilobyte that is not moved.
            let mut pairs: SmallVec<[Pair; 16]> = SmallVec::new();
            pairs.extend(reply.fields().map(|(name, value)| Pair::new(name, value)));
            // SAFETY: all of it outlives the call, which copies it.
            unsafe {
                let (pairs, count) = (pairs.as_ptr(), pairs.len());
                (envoy.http_send_response)(
                    self.raw,
                    reply.status.into(),
                    pairs,
                    count,
                    body,
                    details,
                );
            }
        }
    }
}
