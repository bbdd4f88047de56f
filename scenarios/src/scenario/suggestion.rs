//! "Did you mean …?": the nearest of the known names.

/// The end of a sentence about an unknown name: the nearest known name where one is
/// near, otherwise all of them.
pub(crate) fn did_you_mean(word: &str, known: &[&str]) -> String {
    let nearest = known.iter().min_by_key(|name| distance(word, name));
    match nearest {
        Some(name) if distance(word, name) <= 1 + word.len().min(name.len()) / 3 => {
            format!("; did you mean `{name}`?")
        }
        _ => format!("; use one of {}", list(known)),
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Levenshtein's distance, in bytes: names here are short and mostly ASCII.
fn distance(left: &str, right: &str) -> usize {
    let right = right.as_bytes();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, byte) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(byte != *other);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, distance};

    #[test]
    fn distances_are_levenshtein() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("pause", "pause"), 0);
    }

    #[test]
    fn a_near_name_is_proposed_and_a_far_one_is_not() {
        assert_eq!(did_you_mean("puase", &["kill", "pause"]), "; did you mean `pause`?");
        assert_eq!(did_you_mean("earthquake", &["kill", "pause"]), "; use one of `kill`, `pause`");
    }
}
