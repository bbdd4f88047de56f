//! Package sources for another suite of the distribution, derived from the system's own.
//!
//! No host is named here: whatever mirror, proxy prefix, key ring and option the system's lists
//! have is kept, and only the suite's name is replaced.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The system's lists, as `apt` reads them.
const LIST: &str = "sources.list";
const PARTS: &str = "sources.list.d";

/// The component that etcd is in.
const COMPONENT: &str = "main";

/// Source lists for one suite.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sources {
    /// In the one-line format: for a `.list` file.
    pub(super) lines: String,
    /// In the stanza format (deb822): for a `.sources` file.
    pub(super) stanzas: String,
}

impl Sources {
    /// Derives the lists for `suite` from those under `folder` (`/etc/apt`); without a suite,
    /// the system's own suites are kept, less updates and the like.
    pub(super) fn derive(folder: &Path, suite: Option<&str>) -> Self {
        let mut files = vec![folder.join(LIST)];
        if let Ok(parts) = fs::read_dir(folder.join(PARTS)) {
            files.extend(parts.filter_map(Result::ok).map(|entry| entry.path()));
        }
        files.sort();
        let mut lines = BTreeSet::new();
        let mut stanzas = BTreeSet::new();
        for file in files {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("list") => lines.extend(derive_lines(&text, suite)),
                Some("sources") => stanzas.extend(derive_stanzas(&text, suite)),
                _ => {}
            }
        }
        Self { lines: lines.into_iter().collect(), stanzas: stanzas.into_iter().collect() }
    }

    /// Whether nothing could be derived: not a system with `apt` lists.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.stanzas.is_empty()
    }
}

/// `bookworm`, `stable`; not `bookworm-updates`, `bookworm-security`, nor the path of a flat one.
fn is_base_suite(suite: &str) -> bool {
    !suite.is_empty() && !suite.contains(['-', '/'])
}

/// `deb [options] address suite component…`
fn derive_lines(text: &str, suite: Option<&str>) -> Vec<String> {
    text.lines().filter_map(|line| derive_line(line, suite)).collect()
}

fn derive_line(line: &str, suite: Option<&str>) -> Option<String> {
    let line = line.split('#').next()?.trim();
    let rest = line.strip_prefix("deb")?;
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(inner) => {
            let (inner, rest) = inner.split_once(']')?;
            (format!("[{inner}] "), rest)
        }
        None => (String::new(), rest),
    };
    let mut words = rest.split_whitespace();
    let (address, own) = (words.next()?, words.next()?);
    let wanted = is_base_suite(own)
        && !address.starts_with("cdrom:")
        && words.any(|component| component == COMPONENT);
    wanted.then(|| format!("deb {options}{address} {} {COMPONENT}\n", suite.unwrap_or(own)))
}

fn derive_stanzas(text: &str, suite: Option<&str>) -> Vec<String> {
    let uncommented: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    uncommented
        .split(|line| line.trim().is_empty())
        .filter_map(|stanza| derive_stanza(stanza, suite))
        .collect()
}

fn derive_stanza(lines: &[&str], suite: Option<&str>) -> Option<String> {
    let fields = fields(lines);
    let words = |name: &str| {
        let field = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.split_whitespace().collect::<Vec<_>>()).unwrap_or_default()
    };
    let off = ["no", "false", "without", "off", "disable"];
    let disabled = words("Enabled").iter().any(|word| off.contains(word));
    let own: Vec<&str> = words("Suites").into_iter().filter(|suite| is_base_suite(suite)).collect();
    if disabled
        || own.is_empty()
        || !words("Types").contains(&"deb")
        || !words("Components").contains(&COMPONENT)
    {
        return None;
    }
    let suites = suite.map_or_else(|| own.join(" "), str::to_owned);
    let mut stanza = format!("Types: deb\nSuites: {suites}\nComponents: {COMPONENT}\n");
    let replaced = ["Types", "Suites", "Components", "Enabled"];
    for (name, value) in &fields {
        if !replaced.iter().any(|field| field.eq_ignore_ascii_case(name)) {
            stanza.push_str(name);
            stanza.push(':');
            stanza.push_str(value);
            stanza.push('\n');
        }
    }
    stanza.push('\n');
    Some(stanza)
}

/// Fields with their values; an indented line goes on with the field before it.
fn fields<'a>(lines: &[&'a str]) -> Vec<(&'a str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim(), value.to_owned()));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_all_but_the_suite() {
        let text = "\
            # deb http://mirror.invalid/old old main\n\
            deb http://mirror.invalid/debian bookworm main contrib # comment\n\
            deb [arch=amd64 signed-by=/k.gpg] http://mirror.invalid/debian bookworm main\n\
            deb http://mirror.invalid/debian bookworm-updates main\n\
            deb http://mirror.invalid/security bookworm-security main\n\
            deb-src http://mirror.invalid/debian bookworm main\n\
            deb http://vendor.invalid/apt bookworm stable\n\
            deb http://flat.invalid/apt ./\n\
            deb cdrom:[Debian]/ bookworm main\n";
        assert_eq!(
            derive_lines(text, Some("trixie")),
            [
                "deb http://mirror.invalid/debian trixie main\n",
                "deb [arch=amd64 signed-by=/k.gpg] http://mirror.invalid/debian trixie main\n",
            ]
        );
        assert_eq!(
            derive_lines("deb http://mirror.invalid/debian noble main universe", None),
            ["deb http://mirror.invalid/debian noble main\n"]
        );
    }

    #[test]
    fn stanzas_keep_all_but_the_suites() {
        let text = "\
            Types: deb deb-src\n\
            # a comment\n\
            URIs: http://mirror.invalid/debian\n\
            Suites: bookworm bookworm-updates\n\
            Components: main contrib\n\
            Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n\n\
            Types: deb\n\
            URIs: http://mirror.invalid/security\n\
            Suites: bookworm-security\n\
            Components: main\n\n\
            Enabled: no\n\
            Types: deb\n\
            URIs: http://off.invalid/debian\n\
            Suites: bookworm\n\
            Components: main\n";
        let expected = "\
            Types: deb\nSuites: sid\nComponents: main\n\
            URIs: http://mirror.invalid/debian\n\
            Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n\n";
        assert_eq!(derive_stanzas(text, Some("sid")), [expected]);
        assert_eq!(
            derive_stanzas(text, None),
            [expected.replace("Suites: sid", "Suites: bookworm")]
        );
    }

    #[test]
    fn both_formats_are_read_and_repeats_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let parts = folder.path().join(PARTS);
        fs::create_dir(&parts).expect("a folder");
        let line = "deb http://mirror.invalid/debian bookworm main\n";
        fs::write(folder.path().join(LIST), line).expect("written");
        fs::write(parts.join("again.list"), line).expect("written");
        fs::write(parts.join("off.list.disabled"), line.replace("mirror", "off")).expect("written");
        let stanza = "Types: deb\nURIs: http://x.invalid/\nSuites: sid\nComponents: main\n";
        fs::write(parts.join("x.sources"), stanza).expect("written");
        let sources = Sources::derive(folder.path(), Some("trixie"));
        assert_eq!(sources.lines, "deb http://mirror.invalid/debian trixie main\n");
        assert!(sources.stanzas.contains("Suites: trixie\n"), "{}", sources.stanzas);
        assert!(Sources::derive(&parts.join("nowhere"), None).is_empty());
    }
}
