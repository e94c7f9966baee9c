//! A deployment template with its parameters filled in: what CloudFormation would make of it, as far as tests ask.
//!
//! It knows the intrinsic functions that the template uses, and panics at any other. Everything is a string: that is
//! what CloudFormation's comparisons see. What only AWS could know (an ARN, a generated name) is made up.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, Tag};
use serde_json::{Map, Value, json};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const ACCOUNT: &str = "123456789012";

/// Reads a template: short forms (`!Ref x`) become long ones (`{"Ref": "x"}`).
pub(crate) fn read_template(text: &str) -> Value {
    let mut events = Parser::new_from_str(text).map(|event| event.expect("YAML").0);
    let first = events.find(|event| !matches!(event, Event::StreamStart | Event::DocumentStart(_))).unwrap();
    node(first, &mut events)
}

fn node<'a>(event: Event<'a>, events: &mut impl Iterator<Item = Event<'a>>) -> Value {
    let (value, tag) = match event {
        Event::Scalar(text, _, _, tag) => (Value::String(text.into_owned()), tag),
        Event::SequenceStart(_, tag) => {
            let mut items = Vec::new();
            loop {
                match events.next().unwrap() {
                    Event::SequenceEnd => break (Value::Array(items), tag),
                    item => items.push(node(item, events)),
                }
            }
        }
        Event::MappingStart(_, tag) => {
            let mut map = Map::new();
            loop {
                let key = match events.next().unwrap() {
                    Event::MappingEnd => break (Value::Object(map), tag),
                    key => node(key, events).as_str().unwrap().to_owned(),
                };
                let value = events.next().unwrap();
                map.insert(key, node(value, events));
            }
        }
        other => panic!("{other:?} in a template"),
    };
    match tag.as_deref() {
        None => value,
        Some(Tag { suffix, .. }) if ["Ref", "Condition"].contains(&suffix.as_str()) => {
            json!({ suffix: value })
        }
        Some(Tag { suffix, .. }) if suffix == "GetAtt" => {
            let (resource, attribute) = value.as_str().unwrap().split_once('.').unwrap();
            json!({ "Fn::GetAtt": [resource, attribute] })
        }
        Some(Tag { suffix, .. }) => json!({ format!("Fn::{suffix}"): value }),
    }
}

/// A template with its parameters.
pub(crate) struct Stack<'a> {
    template: &'a Value,
    parameters: BTreeMap<String, String>,
}

impl<'a> Stack<'a> {
    /// A stack with these parameters, and the defaults of the others.
    pub(crate) fn new(template: &'a Value, set: &[(&str, &str)]) -> Self {
        let declared = template["Parameters"].as_object().unwrap();
        let mut parameters: BTreeMap<_, _> = declared
            .iter()
            .map(|(name, parameter)| (name.clone(), parameter["Default"].as_str().unwrap().to_owned()))
            .collect();
        for (name, value) in set {
            *parameters.get_mut(*name).unwrap_or_else(|| panic!("no parameter {name}")) = (*value).to_owned();
        }
        Self { template, parameters }
    }

    /// The resources that the stack has, by logical name, with their properties resolved.
    pub(crate) fn resources(&self) -> BTreeMap<&'a str, (&'a str, Value)> {
        let all = self.template["Resources"].as_object().unwrap();
        let exists = |resource: &Value| match resource.get("Condition") {
            None => true,
            Some(condition) => self.condition(condition.as_str().unwrap()),
        };
        all.iter()
            .filter(|(_, resource)| exists(resource))
            .map(|(name, resource)| {
                let properties = self.resolve(&resource["Properties"]).unwrap();
                (name.as_str(), (resource["Type"].as_str().unwrap(), properties))
            })
            .collect()
    }

    fn condition(&self, name: &str) -> bool {
        self.holds(&self.template["Conditions"][name])
    }

    fn holds(&self, test: &Value) -> bool {
        let (function, arguments) = test.as_object().unwrap().iter().next().unwrap();
        match function.as_str() {
            "Fn::Equals" => self.resolve(&arguments[0]) == self.resolve(&arguments[1]),
            "Fn::Not" => !self.holds(&arguments[0]),
            "Condition" => self.condition(arguments.as_str().unwrap()),
            other => panic!("no condition {other}"),
        }
    }

    /// The value; `None` for `AWS::NoValue`.
    fn resolve(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(items) => {
                Some(Value::Array(items.iter().filter_map(|item| self.resolve(item)).collect()))
            }
            Value::Object(map) => match map.iter().next() {
                Some((function, arguments)) if map.len() == 1 && is_function(function) => {
                    self.call(function, arguments)
                }
                _ => {
                    let entries =
                        map.iter().filter_map(|(key, value)| Some((key.clone(), self.resolve(value)?)));
                    Some(Value::Object(entries.collect()))
                }
            },
            scalar => Some(scalar.clone()),
        }
    }

    fn text(&self, value: &Value) -> String {
        self.resolve(value).unwrap().as_str().unwrap().to_owned()
    }

    fn call(&self, function: &str, arguments: &Value) -> Option<Value> {
        match function {
            "Ref" if arguments == "AWS::NoValue" => None,
            "Ref" => Some(self.reference(arguments.as_str().unwrap()).into()),
            "Fn::GetAtt" => {
                let [resource, attribute] = [0, 1].map(|index| arguments[index].as_str().unwrap());
                Some(format!("{resource}.{attribute}").into())
            }
            "Fn::If" => {
                let branch = if self.condition(arguments[0].as_str().unwrap()) { 1 } else { 2 };
                self.resolve(&arguments[branch])
            }
            "Fn::Join" => {
                let parts = self.resolve(&arguments[1]).unwrap();
                let parts: Vec<_> =
                    parts.as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
                Some(parts.join(arguments[0].as_str().unwrap()).into())
            }
            "Fn::Split" => {
                let text = self.text(&arguments[1]);
                Some(text.split(arguments[0].as_str().unwrap()).collect::<Vec<_>>().into())
            }
            "Fn::Select" => {
                let index: usize = arguments[0].as_str().unwrap().parse().unwrap();
                Some(self.resolve(&arguments[1]).unwrap()[index].clone())
            }
            "Fn::Sub" => {
                let none = json!({});
                let (text, names) = match arguments {
                    Value::Array(pair) => (&pair[0], &pair[1]),
                    text => (text, &none),
                };
                Some(self.substitute(text.as_str().unwrap(), names).into())
            }
            other => panic!("no function {other}"),
        }
    }

    fn substitute(&self, text: &str, names: &Value) -> String {
        let mut parts = text.split("${");
        let mut whole = parts.next().unwrap().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap();
            let value = names.get(name).map_or_else(|| self.reference(name), |value| self.text(value));
            whole.push_str(&value);
            whole.push_str(rest);
        }
        whole
    }

    fn reference(&self, name: &str) -> String {
        if let Some(value) = self.parameters.get(name) {
            return value.clone();
        }
        match name {
            "AWS::Partition" => "aws".to_owned(),
            "AWS::Region" => REGION.to_owned(),
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::StackName" => "curfew".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => {
                let resource = &self.template["Resources"][name];
                match resource["Type"].as_str().unwrap_or_else(|| panic!("no resource {name}")) {
                    "AWS::SSM::Parameter" => self.text(&resource["Properties"]["Name"]),
                    "AWS::SecretsManager::Secret" => {
                        format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf")
                    }
                    _ => name.to_owned(),
                }
            }
        }
    }
}

fn is_function(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}
