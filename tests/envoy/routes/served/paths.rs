//! Guarded paths in disguise: all that a client may write in place of `/metrics`.

use std::collections::BTreeSet;

const GUARDED: [&str; 3] = ["/metrics", "/v1/admin/keys", "/env"];

/// Texts in place of a slash.
const SLASHES: [&[u8]; 29] = [
    b"//",
    b"///",
    b"/./",
    b"/x/../",
    b"/%2e/",
    b"/x/%2e%2E/",
    b"/x/.%2e/",
    b"/x/%252e%252e/",
    b"/;a/",
    b"/..;/",
    b"/x;y/../",
    b"/x/..;y/",
    b"/../",
    b"/x//../",
    b"%2f",
    b"%2F",
    b"/%2f",
    b"%252f",
    b"\\",
    b"/\\",
    b"%5c",
    b"/x%2f..%2f",
    b"/x\\..\\",
    b"/%252e%252e/",
    b"/..;/../",
    b"/%252e%252e/../",
    b"/x%2fy/../",
    // Overlong variants of a slash, and one as wide as two.
    b"%c0%af",
    b"%ef%bc%8f",
];

/// Texts behind it all.
const ENDS: [&[u8]; 31] = [
    b"/",
    b"//",
    b"/.",
    b"/./",
    b"/..",
    b"/x/..",
    b"/%2e",
    b".",
    b"%2e",
    b"%2f",
    b"%5c",
    b"\\",
    b";",
    b";a=b",
    b"%3b",
    b"%3Ba",
    b"?",
    b"?a=/health",
    b"%3f",
    b"%3fa",
    b"#",
    b"#a",
    b"%23",
    b"%00",
    b"%00.html",
    b"%20",
    b"%0a",
    b"%0d%0a",
    b"%",
    b".json",
    b";/../x",
];

/// Texts in front.
const FRONTS: [&[u8]; 15] = [
    b"/",
    b"//host",
    b"/host",
    b"http://host",
    b"HTTP://u@host:1",
    b"https://host/x/..",
    b"/x/..",
    b"/%2e%2e",
    b"/..",
    b"/.",
    b"/;",
    b"\\",
    b"/%09",
    b"*",
    b" ",
];

/// Characters that some take for white space, and some for nothing.
const DROPPED: [&[u8]; 18] = [
    b"\xa0",
    b"\xa0",
    b"\x85",
    b"\xff",
    b"\x80",
    b"\xc3\xa0",
    b"\xc2\xa0",
    b"%a0",
    b"%85",
    b"%ff",
    b"%c2%a0",
    b"%e2%80%a8",
    b"%0a",
    b"%0d%0a",
    b"%09",
    b"%20",
    b"%1c",
    b"%c3\xa0",
];

/// Characters that some take for a letter, and bytes that some cut off.
const LETTERS: [(u8, &[u8]); 6] = [
    (b's', b"%c5%bf"),
    (b's', "\u{17f}".as_bytes()),
    (b'k', b"%e2%84%aa"),
    (b'i', b"%c4%b1"),
    (b'e', b"%c1%a5"),
    (b'm', b"%u006d"),
];

/// SplitMix64: the same paths on every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % bound as u64).expect("below a usize")
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("a byte")
    }

    /// A byte as it is, or escaped, or escaped twice.
    fn written(&mut self, byte: u8) -> Vec<u8> {
        match self.below(6) {
            0 => format!("%{byte:02X}").into_bytes(),
            1 | 2 => format!("%{byte:02x}").into_bytes(),
            3 => format!("%25{byte:02x}").into_bytes(),
            _ => vec![byte],
        }
    }
}

/// That many different paths, each with one to three disguises.
pub fn disguised(count: usize) -> Vec<Vec<u8>> {
    let mut random = Random(0);
    let mut known: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut paths = Vec::with_capacity(count);
    while paths.len() < count {
        let mut path = random.pick(&GUARDED).as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            disguise(&mut random, &mut path);
        }
        if known.insert(path.clone()) {
            paths.push(path);
        }
    }
    paths
}

fn disguise(random: &mut Random, path: &mut Vec<u8>) {
    let at = random.below(path.len());
    let nth = |random: &mut Random, path: &[u8], wanted: &dyn Fn(&u8) -> bool| {
        let found: Vec<usize> = (0..path.len()).filter(|at| wanted(&path[*at])).collect();
        if found.is_empty() { None } else { Some(random.pick(&found)) }
    };
    let replacement = match random.below(13) {
        0 | 1 => {
            let Some(at) = nth(random, path, &|byte| *byte == b'/') else { return };
            (at..at + 1, random.pick(&SLASHES).to_vec())
        }
        2 | 3 => (path.len()..path.len(), random.pick(&ENDS).to_vec()),
        4 => (0..0, random.pick(&FRONTS).to_vec()),
        5 => (at..at + 1, random_escape(random, path[at])),
        6 => {
            path[at..].make_ascii_uppercase();
            return;
        }
        7 => {
            // Any byte, at one of the ends more often than within.
            let byte = random.byte();
            let at = random.pick(&[0, at, path.len(), path.len()]);
            (at..at, random.written(byte))
        }
        10 | 11 => (path.len()..path.len(), random.pick(&DROPPED).to_vec()),
        12 => {
            let at = random.pick(&[0, 1, at]);
            (at..at, random.pick(&DROPPED).to_vec())
        }
        8 => {
            let (letter, other) = random.pick(&LETTERS);
            let Some(at) = nth(random, path, &|byte| *byte == letter) else { return };
            (at..at + 1, other.to_vec())
        }
        _ => match random.below(8) {
            0 => (at..at + 1, Vec::new()),
            1 => (0..0, b"/./".repeat(random.below(2_000))),
            2 => (path.len()..path.len(), b"/x/..".repeat(random.below(1_000))),
            3 => (path.len()..path.len(), vec![b'/'; random.below(5_000)]),
            // What is escaped already, once more.
            _ => {
                let Some(at) = nth(random, path, &|byte| *byte == b'%') else { return };
                (at..at + 1, b"%25".to_vec())
            }
        },
    };
    path.splice(replacement.0, replacement.1);
}

fn random_escape(random: &mut Random, byte: u8) -> Vec<u8> {
    match random.below(4) {
        0 => format!("%{byte:02X}").into_bytes(),
        1 => format!("%25{byte:02x}").into_bytes(),
        2 => format!("%{:02x}", byte.to_ascii_uppercase()).into_bytes(),
        _ => format!("%{byte:02x}").into_bytes(),
    }
}
