//! Files of tokens, read anew when they change.

use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;

use probegate_core::auth::{Token, TokenFile};

/// More than the longest file of tokens has, in bytes.
const MAX_SIZE: u64 = 128 * 1024;

/// The files of a configuration, and what they held when they were last looked at.
#[derive(Debug)]
pub struct TokenFiles(Vec<Watched>);

#[derive(Debug)]
struct Watched {
    file: TokenFile,
    seen: Option<Seen>,
    tokens: Vec<Token>,
}

/// Metadata that tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Seen {
    fn new(metadata: &Metadata) -> Self {
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        Self { inode: metadata.ino(), size: metadata.len(), modified }
    }
}

/// The content of a regular file that is not too long. A pipe could keep Envoy waiting.
pub fn read(path: &str) -> Option<Vec<u8>> {
    let is_fit = |metadata: &Metadata| metadata.is_file() && metadata.len() <= MAX_SIZE;
    fs::metadata(path).ok().filter(is_fit)?;
    let mut content = Vec::new();
    File::open(path).ok()?.take(MAX_SIZE).read_to_end(&mut content).ok()?;
    Some(content)
}

impl TokenFiles {
    /// The files of a configuration that was compiled just now. What changed meanwhile is seen with the first
    /// tick.
    pub fn new(files: Vec<TokenFile>) -> Self {
        let watch = |file| Watched { file, seen: None, tokens: Vec::new() };
        let mut files = Self(files.into_iter().map(watch).collect());
        files.look();
        files
    }

    /// Looks at each file; returns those that hold other tokens than before, and how many they hold now.
    /// A file that cannot be read, or that holds anything but tokens, opens nothing.
    pub fn look(&mut self) -> Vec<(Box<str>, usize)> {
        let mut changed = Vec::new();
        for watched in &mut self.0 {
            let path = &watched.file.path;
            let seen = fs::metadata(&**path).ok().map(|metadata| Seen::new(&metadata));
            if seen == watched.seen {
                continue;
            }
            watched.seen = seen;
            let content = read(path);
            let tokens = content.and_then(|content| watched.file.tokens(&content));
            let tokens = tokens.unwrap_or_default();
            let digests = |tokens: &[Token]| -> Vec<Vec<u8>> {
                tokens.iter().map(|token| token.digest.bytes().to_vec()).collect()
            };
            if digests(&tokens) != digests(&watched.tokens) {
                changed.push((path.clone(), tokens.len()));
                watched.tokens = tokens;
            }
        }
        changed
    }

    /// Returns the tokens that each file holds, by its number in the configuration.
    pub fn held(&self) -> Vec<Vec<Token>> {
        self.0.iter().map(|watched| watched.tokens.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(path: &std::path::Path) -> TokenFiles {
        TokenFiles::new(vec![TokenFile { path: path.display().to_string().into() }])
    }

    fn counts(changed: Vec<(Box<str>, usize)>) -> Vec<usize> {
        changed.into_iter().map(|(_, count)| count).collect()
    }

    #[test]
    fn a_file_is_read_anew_when_it_changes_and_opens_nothing_when_it_is_gone() {
        let folder = std::env::temp_dir().join(format!("probegate-files-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (path, scratch) = (folder.join("tokens"), folder.join("scratch"));
        fs::write(&path, "one\r\n").unwrap();
        let mut files = watched(&path);
        assert_eq!(files.held()[0].len(), 1);
        assert!(files.look().is_empty(), "nothing changed");
        fs::write(&scratch, "one\ntwo\n").unwrap();
        fs::rename(&scratch, &path).unwrap();
        assert_eq!(counts(files.look()), [2]);
        fs::write(&scratch, "two words\n").unwrap();
        fs::rename(&scratch, &path).unwrap();
        assert_eq!(counts(files.look()), [0], "what is no token opens nothing");
        fs::remove_file(&path).unwrap();
        assert!(files.look().is_empty(), "still nothing");
        fs::write(&path, "three").unwrap();
        assert_eq!(counts(files.look()), [1]);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_no_regular_file_is_not_read() {
        assert!(read("/dev/zero").is_none());
        assert!(read("/").is_none());
        assert!(read("/no/such/file").is_none());
    }
}
