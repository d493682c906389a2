//! Variables that are read, or looped over, while nothing writes them where it would be seen (engine.md §3.2, §3.5).

use std::collections::{BTreeMap, BTreeSet};

use super::site::{Subject, UnitSite};
use crate::compile::{PipelineContext, VariableTable, code};
use crate::model::{ActionKind, Condition, Joint, Parameter, ParameterKind, Prerequisite, Problems};
use crate::path::{Part, Path, Root, Template};

pub(super) fn check(subject: &Subject<'_>, problems: &mut Problems) {
    let Some(context) = subject.context() else { return };
    let written = Written::of(subject);
    for (position, site) in subject.units().enumerate() {
        check_loop(subject, &site, &written, problems);
        let mut reads = Reads { context: &context, names: BTreeMap::new() };
        reads.unit(&site);
        for (name, explicit) in reads.names {
            check_read(subject, &site, position, &name, explicit, &written, problems);
        }
    }
}

/// Where actions write variables: the positions of their units.
struct Written<'a> {
    by_unit: BTreeMap<&'a str, BTreeSet<usize>>,
    /// Whether a unit is a loop, by position.
    loops: Vec<bool>,
}

impl<'a> Written<'a> {
    fn of(subject: &Subject<'a>) -> Self {
        let mut written = Self { by_unit: BTreeMap::new(), loops: Vec::new() };
        for (position, site) in subject.units().enumerate() {
            written.loops.push(site.unit.loop_variable_name.is_some());
            for name in site.unit.actions.iter().filter_map(|action| VariableTable::written_by(&action.kind)) {
                written.by_unit.entry(name).or_default().insert(position);
            }
        }
        written
    }

    /// Whether only loops write a variable, and not the one of this unit.
    fn is_lost_to(&self, name: &str, unit: usize) -> bool {
        let in_loop = |position: &usize| self.loops.get(*position).copied().unwrap_or_default();
        self.by_unit.get(name).is_some_and(|units| !units.contains(&unit) && units.iter().all(in_loop))
    }
}

fn check_loop(subject: &Subject<'_>, site: &UnitSite<'_>, written: &Written<'_>, problems: &mut Problems) {
    let Some(name) = site.unit.loop_variable_name.as_deref() else { return };
    if !written.by_unit.contains_key(name) {
        problems.warning(
            code::VARIABLE_NEVER_WRITTEN,
            &site.place(subject.definition()).key("loopVariableName"),
            format!("no action writes the variable \"{name}\", so the loop never runs; factors of the trigger are not looped over"),
            "copy the list to memory before",
        );
    }
}

fn check_read(subject: &Subject<'_>, site: &UnitSite<'_>, position: usize, name: &str, explicit: bool, written: &Written<'_>, problems: &mut Problems) {
    let own_loop = site.unit.loop_variable_name.as_deref();
    if own_loop == Some(name) || is_factor(subject, name) {
        return;
    }
    let place = || site.place(subject.definition());
    if written.is_lost_to(name, position) {
        problems.warning(
            code::VARIABLE_LOST,
            &place(),
            format!("reads the variable \"{name}\", which only a loop writes; what is written in a loop is gone after each element"),
            "write it outside of the loop, or read it inside",
        );
    } else if subject.variables.slot(name).is_none() && (explicit || own_loop.is_some()) {
        problems.warning(
            code::VARIABLE_NEVER_WRITTEN,
            &place(),
            format!("reads \"{name}\", which is neither a variable that an action writes nor a factor of the trigger topic"),
            "write it before, or correct its name",
        );
    }
}

/// Whether the trigger data may have a value of this name. Of a topic without factors nothing is known.
fn is_factor(subject: &Subject<'_>, name: &str) -> bool {
    let Some(topic) = subject.topic.filter(|topic| !topic.factors.is_empty()) else { return true };
    let begins = |factor: &str| factor.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let is_made = name.starts_with("aid_") || name.ends_with('_');
    // A name of digits is a literal date.
    is_made || name.starts_with(|letter: char| letter.is_ascii_digit()) || topic.factors.iter().any(|factor| begins(&factor.name))
}

/// The names that a unit looks up among variables first, each with whether a `variable` parameter does.
struct Reads<'a> {
    context: &'a PipelineContext<'a>,
    names: BTreeMap<String, bool>,
}

impl Reads<'_> {
    fn unit(&mut self, site: &UnitSite<'_>) {
        self.prerequisite(&site.unit.prerequisite);
        for action in &site.unit.actions {
            match &action.kind {
                ActionKind::Alarm { prerequisite, message, .. } => {
                    self.prerequisite(prerequisite);
                    self.constant(message.as_deref(), false);
                }
                ActionKind::CopyToMemory { source, .. } => self.parameter(source.as_ref(), false),
                _ => {}
            }
            for mapped in action.kind.mapped() {
                self.parameter(mapped.source, false);
            }
            if let Some(by) = action.kind.by() {
                self.joint(by, true);
            }
        }
    }

    fn prerequisite(&mut self, prerequisite: &Prerequisite) {
        if let Some(joint) = prerequisite.active() {
            self.joint(joint, false);
        }
    }

    fn joint(&mut self, joint: &Joint, in_criteria: bool) {
        for filter in &joint.filters {
            match filter {
                Condition::Joint(joint) => self.joint(joint, in_criteria),
                Condition::Expression(expression) => {
                    self.parameter(expression.left.as_ref(), in_criteria);
                    self.parameter(expression.right.as_ref(), in_criteria);
                }
            }
        }
    }

    fn parameter(&mut self, parameter: Option<&Parameter>, in_criteria: bool) {
        let Some(parameter) = parameter else { return };
        match &parameter.kind {
            ParameterKind::Topic { .. } => {}
            ParameterKind::Constant { value } => self.constant(value.as_deref(), in_criteria),
            ParameterKind::Variable { variable_name, .. } => {
                if let Ok(path) = Path::parse(variable_name, &self.context.parameters().paths(in_criteria)) {
                    self.path(&path, true);
                }
            }
            ParameterKind::Computed { parameters, .. } => {
                for parameter in parameters.iter().flatten() {
                    if let Some(joint) = parameter.prerequisite.active() {
                        self.joint(joint, in_criteria);
                    }
                    self.parameter(Some(parameter), in_criteria);
                }
            }
        }
    }

    fn constant(&mut self, text: Option<&str>, in_criteria: bool) {
        // Most constants are plain texts.
        if !text.is_some_and(|text| text.contains('{')) {
            return;
        }
        let Ok(template) = Template::parse(text, &self.context.parameters().paths(in_criteria)) else { return };
        for part in template.parts() {
            if let Part::Expression(expression) = part {
                expression.paths().for_each(|path| self.path(path, false));
            }
        }
    }

    fn path(&mut self, path: &Path, explicit: bool) {
        if matches!(path.root(), Root::Bare { .. }) {
            *self.names.entry(path.first().to_string()).or_default() |= explicit;
        }
    }
}
