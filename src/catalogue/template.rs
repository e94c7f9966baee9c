//! Paths with placeholders: `projects/{project}/locations/{location}/operations`.
//!
//! A placeholder stands for one segment, which the scope of a policy gives. `*` is a segment that nobody names before it
//! comes, and `**` at the end any number of them. Pure.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// `{project}`, by id or by number.
    Project,
    /// `{organization}`, by its number.
    Organization,
    /// `{folder}`, by its number.
    Folder,
    /// `{location}`: a region, a zone, a multi-region or `global`.
    Location,
    /// `{instance}` of Spanner.
    Instance,
    /// `{database}` of Firestore.
    Database,
    /// `{dataset}` of the Healthcare API.
    Dataset,
    /// `{bucket}` of Cloud Storage.
    Bucket,
}

impl Part {
    /// Every part, in the order in which people read them.
    pub const ALL: [Part; 8] = [
        Part::Project,
        Part::Organization,
        Part::Folder,
        Part::Location,
        Part::Instance,
        Part::Database,
        Part::Dataset,
        Part::Bucket,
    ];

    /// The word in a placeholder: `project`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Part::Project => "project",
            Part::Organization => "organization",
            Part::Folder => "folder",
            Part::Location => "location",
            Part::Instance => "instance",
            Part::Database => "database",
            Part::Dataset => "dataset",
            Part::Bucket => "bucket",
        }
    }

    /// The key in a policy's scope that gives it: `projects`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Part::Project => "projects",
            Part::Organization => "organizations",
            Part::Folder => "folders",
            Part::Location => "locations",
            Part::Instance => "instances",
            Part::Database => "databases",
            Part::Dataset => "datasets",
            Part::Bucket => "buckets",
        }
    }
}

/// What placeholders stand for, each once.
pub type Bindings = Vec<(Part, Arc<str>)>;

/// The value of a part.
#[must_use]
pub fn bound(bindings: &Bindings, part: Part) -> Option<&str> {
    bindings.iter().find(|(bound, _)| *bound == part).map(|(_, value)| &**value)
}

/// A path with placeholders.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    text: Arc<str>,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(Arc<str>),
    Part(Part),
    One,
    Rest,
}

/// Why a text is no template: a sentence that names the segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TemplateError(String);

impl Template {
    /// Parses a path such as `projects/{project}/locations/{location}/operations`.
    ///
    /// # Errors
    /// When a segment is empty, relative, or holds a character that has no place in a path, a placeholder is unknown or
    /// comes twice, or `**` is not the last segment.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut segments = Vec::new();
        for written in text.split('/') {
            if segments.last() == Some(&Segment::Rest) {
                return Err(TemplateError("`**` may only be the last segment".to_owned()));
            }
            let segment = segment(written)?;
            if matches!(segment, Segment::Part(_)) && segments.contains(&segment) {
                return Err(TemplateError(format!("`{written}` is in it twice")));
            }
            segments.push(segment);
        }
        Ok(Self { text: text.into(), segments })
    }

    /// The placeholders.
    #[must_use]
    pub fn parts(&self) -> BTreeSet<Part> {
        let part = |segment: &Segment| match segment {
            Segment::Part(part) => Some(*part),
            _ => None,
        };
        self.segments.iter().filter_map(part).collect()
    }

    /// Whether there is a star in it: a segment that nobody names.
    #[must_use]
    pub fn has_stars(&self) -> bool {
        self.segments.iter().any(|segment| matches!(segment, Segment::One | Segment::Rest))
    }

    /// The path with its placeholders filled; stars stay. `None` when one of them is not given.
    #[must_use]
    pub fn fill(&self, bindings: &Bindings) -> Option<String> {
        let segment = |segment: &Segment| match segment {
            Segment::Literal(text) => Some(text.to_string()),
            Segment::Part(part) => bound(bindings, *part).map(str::to_owned),
            Segment::One => Some("*".to_owned()),
            Segment::Rest => Some("**".to_owned()),
        };
        let filled: Option<Vec<String>> = self.segments.iter().map(segment).collect();
        Some(filled?.join("/"))
    }

    /// What the placeholders stand for in a path, and what stands for the last star. `None` when it is not of this form.
    #[must_use]
    pub fn read<'a>(&self, path: &'a str) -> Option<(Bindings, Option<&'a str>)> {
        let mut bindings = Bindings::new();
        let mut last = None;
        let mut rest = Some(path);
        for segment in &self.segments {
            let here = rest?;
            let (first, after) = match here.split_once('/') {
                Some((first, after)) => (first, Some(after)),
                None => (here, None),
            };
            match segment {
                Segment::Rest => return (!here.is_empty()).then_some((bindings, Some(here))),
                Segment::Literal(text) if **text != *first => return None,
                Segment::Literal(_) => {}
                Segment::Part(part) => bindings.push((*part, first.into())),
                Segment::One => last = Some(first),
            }
            rest = after;
        }
        rest.is_none().then_some((bindings, last))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Longest segment that is written out, in bytes: a longer one is in no name (`operation::names`), and a path with it
/// could never be filled.
const MAX_LITERAL_BYTES: usize = 256;

fn segment(written: &str) -> Result<Segment, TemplateError> {
    let wrong = |problem: &str| Err(TemplateError(format!("the segment `{written}` {problem}")));
    match written {
        "*" => return Ok(Segment::One),
        "**" => return Ok(Segment::Rest),
        "" | "." | ".." => return wrong("has no place in a path"),
        _ => {}
    }
    if let Some(word) = written.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let known = Part::ALL.into_iter().find(|part| part.word() == word);
        return known.map_or_else(
            || {
                let words: Vec<String> =
                    Part::ALL.iter().map(|part| format!("{{{}}}", part.word())).collect();
                wrong(&format!("is no placeholder; there are {}", words.join(", ")))
            },
            |part| Ok(Segment::Part(part)),
        );
    }
    if written.len() > MAX_LITERAL_BYTES {
        return wrong("is longer than 256 bytes");
    }
    if !written.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~')) {
        return wrong("holds a character that is not a letter, a digit or one of `-_.~`");
    }
    Ok(Segment::Literal(written.into()))
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template {
        Template::parse(text).unwrap()
    }

    #[test]
    fn what_is_filled_in_is_read_out_again() {
        let template = template("projects/{project}/locations/{location}/operations/*");
        let bindings = vec![(Part::Project, "p".into()), (Part::Location, "l".into())];
        assert_eq!(template.fill(&bindings).unwrap(), "projects/p/locations/l/operations/*");
        let (read, last) = template.read("projects/p/locations/l/operations/o").unwrap();
        assert_eq!((read, last), (bindings, Some("o")));
        for other in
            ["projects/p/locations/l/operations", "projects/p/locations/l/operations/o/x", "operations/o"]
        {
            assert_eq!(template.read(other), None, "{other}");
        }
    }

    #[test]
    fn the_rest_of_a_path_may_be_one_segment_or_more() {
        let template = template("operations/**");
        assert_eq!(template.read("operations/a/b").unwrap().1, Some("a/b"));
        assert_eq!(template.read("operations/a").unwrap().1, Some("a"));
        assert_eq!((template.read("operations"), template.read("operations/")), (None, None));
    }

    #[test]
    fn a_part_that_is_not_given_fills_nothing() {
        assert_eq!(template("projects/{project}/operations").fill(&Vec::new()), None);
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_template() {
        for wrong in
            ["", "/a", "a//b", "../a", "a?b", "{project", "{zone}/x", "**/a", "{project}/{project}", "a:b"]
        {
            assert!(Template::parse(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
