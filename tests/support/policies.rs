//! Policies as plain data: tests write them down as a policy file, and judge by them on their own.
//!
//! A spec says no more than a policy file does. What it means is in `oracle`, which shares no code with curfew.

use curfew::policy::Policy;
use serde_json::{Map, Value, json};

/// What a policy is made of.
#[derive(Debug, Clone)]
pub(crate) struct PolicySpec {
    pub(crate) enforce: bool,
    pub(crate) scopes: Vec<ScopeSpec>,
    pub(crate) protect: Vec<MatchSpec>,
    pub(crate) rules: Vec<RuleSpec>,
    pub(crate) windows: Vec<WindowSpec>,
    pub(crate) limits: LimitsSpec,
    pub(crate) follow_up_s: u64,
}

/// Projects, and their locations: without, all of them.
pub(crate) type ScopeSpec = (Vec<&'static str>, Option<Vec<&'static str>>);

#[derive(Debug, Clone)]
pub(crate) struct RuleSpec {
    /// Without one, everything.
    pub(crate) matches: Option<MatchSpec>,
    pub(crate) limit: LimitSpec,
    pub(crate) report_only: bool,
    pub(crate) windows: Vec<WindowSpec>,
}

/// A window in UTC. Each has days, hours, or both.
#[derive(Debug, Clone)]
pub(crate) struct WindowSpec {
    /// Under `freeze`, or else under `active`.
    pub(crate) freezes: bool,
    /// As they are written; none: all.
    pub(crate) days: Vec<&'static str>,
    /// In minutes from midnight.
    pub(crate) hours: Option<(u32, u32)>,
}

impl WindowSpec {
    /// Some that hold at noon of a Tuesday, and some that do not; some that end or begin a minute later.
    pub(crate) fn choices() -> Vec<Self> {
        let days = [vec![], vec!["tue"], vec!["mon", "sat"], vec!["wed"]];
        let hours = [None, Some((480, 1080)), Some((660, 721)), Some((721, 780)), Some((1320, 721))];
        let mut choices = Vec::new();
        for freezes in [false, true] {
            for days in &days {
                for hours in hours {
                    if !days.is_empty() || hours.is_some() {
                        choices.push(Self { freezes, days: days.clone(), hours });
                    }
                }
            }
        }
        choices
    }

    fn json(&self) -> Value {
        let mut window = Map::new();
        if !self.days.is_empty() {
            window.insert("days".to_owned(), json!(self.days));
        }
        if let Some((from, to)) = self.hours {
            let [from, to] = [from, to].map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60));
            window.insert("hours".to_owned(), json!(format!("{from}-{to}")));
        }
        Value::Object(window)
    }
}

/// `active` and `freeze`, as far as there are any.
fn insert_windows(into: &mut Map<String, Value>, windows: &[WindowSpec]) {
    for (key, freezes) in [("active", false), ("freeze", true)] {
        let of_kind = windows.iter().filter(|window| window.freezes == freezes);
        let list: Vec<_> = of_kind.map(WindowSpec::json).collect();
        if !list.is_empty() {
            into.insert(key.to_owned(), Value::Array(list));
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum LimitSpec {
    /// In seconds.
    MaxAge(u64),
    MaxRunning {
        count: usize,
        per: Vec<&'static str>,
        /// The newest are over the limit, not the oldest.
        newest: bool,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum MatchSpec {
    All(Vec<MatchSpec>),
    Any(Vec<MatchSpec>),
    Not(Box<MatchSpec>),
    /// A field that holds a text, and globs.
    OneOf(&'static str, Vec<&'static str>),
    Requested(bool),
    /// A pointer and a value: a boolean, a number, or a text without stars.
    Metadata(&'static str, Value),
}

#[derive(Debug, Clone)]
pub(crate) struct LimitsSpec {
    pub(crate) max_cancellations: usize,
    /// In hundredths of a percent.
    pub(crate) max_share: Option<u16>,
    pub(crate) cancel_none: bool,
}

impl LimitsSpec {
    /// Limits that no test reaches.
    pub(crate) const NONE: Self = Self { max_cancellations: 100_000, max_share: None, cancel_none: false };
}

impl PolicySpec {
    /// The policy as curfew reads it. JSON is YAML.
    pub(crate) fn policy(&self) -> Policy {
        let text = self.json().to_string();
        Policy::parse(text.as_bytes(), "policy.yaml").unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    fn json(&self) -> Value {
        let scopes = self.scopes.iter().map(|(projects, locations)| match locations {
            Some(locations) => json!({ "projects": projects, "locations": locations }),
            None => json!({ "projects": projects, "locations": "all" }),
        });
        let protect = self.protect.iter().enumerate();
        let protect = protect.map(|(n, matches)| json!({ "name": format!("p{n}"), "match": matches.json() }));
        let rules = self.rules.iter().enumerate().map(|(n, rule)| rule.json(n));
        let LimitsSpec { max_cancellations, max_share, cancel_none } = self.limits;
        let mut limits = json!({
            "max_cancellations": max_cancellations,
            "when_exceeded": if cancel_none { "cancel_none" } else { "cancel_oldest" },
        });
        if let Some(share) = max_share {
            limits["max_share"] = json!(format!("{}.{:02}%", share / 100, share % 100));
        }
        let mut policy = json!({
            "version": 1,
            "mode": if self.enforce { "enforce" } else { "audit" },
            "scopes": scopes.collect::<Vec<_>>(),
            "protect": protect.collect::<Vec<_>>(),
            "rules": rules.collect::<Vec<_>>(),
            "limits": limits,
            "follow_up": { "for": format!("{}s", self.follow_up_s) },
        });
        insert_windows(policy.as_object_mut().unwrap(), &self.windows);
        policy
    }
}

impl RuleSpec {
    fn json(&self, n: usize) -> Value {
        let mut rule = Map::new();
        rule.insert("name".to_owned(), json!(format!("r{n}")));
        if let Some(matches) = &self.matches {
            rule.insert("match".to_owned(), matches.json());
        }
        match &self.limit {
            LimitSpec::MaxAge(seconds) => {
                rule.insert("max_age".to_owned(), json!(format!("{seconds}s")));
            }
            LimitSpec::MaxRunning { count, per, newest } => {
                let cancel = if *newest { "newest" } else { "oldest" };
                let mut max_running = json!({ "count": count, "cancel": cancel });
                if !per.is_empty() {
                    max_running["per"] = json!(per);
                }
                rule.insert("max_running".to_owned(), max_running);
            }
        }
        rule.insert("action".to_owned(), json!(if self.report_only { "report" } else { "cancel" }));
        insert_windows(&mut rule, &self.windows);
        Value::Object(rule)
    }
}

impl MatchSpec {
    fn json(&self) -> Value {
        let list = |parts: &[MatchSpec]| Value::Array(parts.iter().map(MatchSpec::json).collect());
        match self {
            MatchSpec::All(parts) => json!({ "all": list(parts) }),
            MatchSpec::Any(parts) => json!({ "any": list(parts) }),
            MatchSpec::Not(part) => json!({ "not": part.json() }),
            MatchSpec::OneOf(field, globs) => json!({ *field: globs }),
            MatchSpec::Requested(want) => json!({ "cancellation_requested": want }),
            MatchSpec::Metadata(pointer, value) => json!({ "metadata": { *pointer: value } }),
        }
    }
}
