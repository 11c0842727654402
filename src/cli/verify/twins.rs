//! The same certificate found again: as a copy, or on the page beside it.

use std::collections::HashMap;

use super::judgement::Judgement;
use crate::cert::ending::{CERTIFICATE, PAGE, strip};

/// Which documents were there already.
#[derive(Default)]
pub(super) struct Twins {
    /// The file in which each document was found first, by its digest.
    first: HashMap<String, String>,
    /// The file and digest of each certificate, by that file without its ending.
    beside: HashMap<String, (String, String)>,
}

/// What is known of a document by those before it.
pub(super) enum Meeting {
    /// Nothing, or that it is a copy: one certificate is one proof.
    First(Judgement),
    /// It is the page of the certificate beside it, or the certificate of that page.
    Same,
    /// Page and certificate are not the same.
    Other(Judgement),
}

impl Twins {
    pub(super) fn meet(&mut self, mut judgement: Judgement) -> Meeting {
        let (Some(digest), path) = (judgement.digest.clone(), judgement.path.clone()) else {
            return Meeting::First(judgement);
        };
        let stem = [CERTIFICATE, PAGE].iter().find_map(|ending| strip(&path, ending));
        match stem.and_then(|stem| self.beside.get(stem)) {
            Some((other, same)) if *other != path && *same == digest => return Meeting::Same,
            Some((other, _)) if *other != path => {
                let reason = format!("it does not hold the same certificate as {other}");
                return Meeting::Other(judgement.rejected(reason, "differs-from-beside"));
            }
            _ => {}
        }
        judgement.copy_of = self.first.get(&digest).cloned();
        self.first.entry(digest.clone()).or_insert_with(|| path.clone());
        if let Some(stem) = stem {
            self.beside.insert(stem.to_owned(), (path.clone(), digest));
        }
        Meeting::First(judgement)
    }
}
