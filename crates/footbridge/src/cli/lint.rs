//! `footbridge lint`: checks object definitions (DDF XML).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use lwm2m::Models;
use lwm2m::ddf::{self, Finding, Severity};
use serde::Serialize;

use super::screen::{self, Colour, Line, Screen, Style, count};
use super::{definitions, files};

#[derive(Clone, Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct LintArgs {
    /// Files, and folders whose .xml files are checked, those in subfolders too
    #[arg(value_name = "FILE|DIR", required_unless_present = "rules")]
    pub(crate) places: Vec<PathBuf>,

    /// Compare with the definitions in this folder too, older versions above all. Can be given several times
    #[arg(long = "models", value_name = "DIR")]
    pub(crate) models: Vec<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// List the rules
    #[arg(long, conflicts_with = "places")]
    pub(crate) rules: bool,

    /// When to print colours
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub(crate) color: Colour,
}

const HELP: &str = "\
Examples:
  footbridge lint models/lamps
  footbridge lint models/lamps/33001.xml --json
  footbridge lint --rules

The exit status is 1 if there is an error, and 0 if there are only warnings and notes.";

/// What was found in one file.
struct Report {
    file: String,
    findings: Vec<Finding>,
}

impl LintArgs {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let screen = Screen::stdout(self.color);
        if self.rules {
            return rules(self.json, screen);
        }
        let known = definitions::load(&self.models)?;
        let mut reports = Vec::new();
        for place in &self.places {
            let folder = place.is_dir();
            for file in files::below(place)?.into_iter().filter(|file| !folder || files::is_xml(file)) {
                reports.push(check(&file, &known)?);
            }
        }
        if reports.is_empty() {
            bail!("there is no .xml file");
        }
        let of = |severity| reports.iter().flat_map(|report| &report.findings).filter(move |f| f.severity == severity);
        let sums = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| of(severity).count());
        if self.json {
            let findings =
                reports.iter().flat_map(|report| report.findings.iter().map(|f| JsonFinding::new(report, f)));
            let [errors, warnings, notes] = sums;
            let findings = findings.collect();
            screen::print_json(&Json { files: reports.len(), errors, warnings, notes, findings })?;
        } else {
            let mut text = String::new();
            for report in reports.iter().filter(|report| !report.findings.is_empty()) {
                report.write(&mut text, screen);
            }
            summary(reports.len(), sums).write_line(&mut text, screen);
            screen::print(text.as_bytes())?;
        }
        Ok(if sums[0] > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn check(file: &Path, known: &Models) -> Result<Report> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    let bytes = files::read(file, ddf::Limits::DEFAULT.bytes);
    let bytes = bytes.with_context(|| format!("cannot read {}", files::shown(file)))?;
    Ok(Report { file: files::shown(file), findings: ddf::lint_with(&bytes, name.as_deref(), known) })
}

/// The rules, the worst first, with what they ask for.
fn rules(json: bool, screen: Screen) -> Result<ExitCode> {
    #[derive(Serialize)]
    struct JsonRule {
        rule: &'static str,
        severity: &'static str,
        explanation: &'static str,
        help: &'static str,
    }
    let mut rules: Vec<_> = ddf::RULES.iter().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.severity));
    if json {
        let rule = |rule: &&ddf::Rule| JsonRule {
            rule: rule.name,
            severity: word(rule.severity).0,
            explanation: rule.explanation,
            help: rule.help,
        };
        screen::print_json(&rules.iter().map(rule).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let widest = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in rules {
        let (word, style) = word(rule.severity);
        let mut line = Line::of(style, &format!("{word:7}"));
        line.push(Style::Bold, &format!("  {:widest$}", rule.name));
        line.push(Style::Plain, "  ");
        let margin = line.width();
        for (number, part) in wrap(rule.explanation, screen, margin).into_iter().enumerate() {
            if number > 0 {
                line.write_line(&mut out, screen);
                line = Line::of(Style::Plain, &" ".repeat(margin));
            }
            line.push(Style::Plain, &part);
        }
        line.write_line(&mut out, screen);
    }
    screen::print(out.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Words in lines that fit right of a margin, if there is room for any.
fn wrap(text: &str, screen: Screen, margin: usize) -> Vec<String> {
    let room = screen.width.map_or(usize::MAX, |width| width.saturating_sub(margin).max(24));
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => line.extend([" ", word]),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

impl Report {
    /// The file, and a row for each finding: where, how bad, what, which rule; below it what to do.
    fn write(&self, out: &mut String, screen: Screen) {
        Line::of(Style::Bold, &self.file).write_line(out, screen);
        let place = |finding: &Finding| format!("{}:{}", finding.line, finding.column);
        let widest = self.findings.iter().map(|finding| place(finding).len()).max().unwrap_or(0);
        for finding in &self.findings {
            let mut line = Line::of(Style::Dim, &format!("  {:>widest$}  ", place(finding)));
            let (word, style) = word(finding.severity);
            line.push(style, &format!("{word:7}"));
            line.push(Style::Plain, "  ");
            let margin = line.width();
            line.push(Style::Plain, &finding.message);
            line.push(Style::Dim, &format!("  {}", finding.rule));
            line.write_line(out, screen);
            if !finding.help.is_empty() {
                let mut line = Line::of(Style::Plain, &" ".repeat(margin));
                line.push(Style::Good, "→ ");
                line.push(Style::Plain, finding.help);
                line.write_line(out, screen);
            }
        }
        out.push('\n');
    }
}

/// The word for a severity, and its look.
const fn word(severity: Severity) -> (&'static str, Style) {
    match severity {
        Severity::Error => ("error", Style::Bad),
        Severity::Warning => ("warning", Style::Warn),
        Severity::Note => ("note", Style::Path),
    }
}

/// `3 files: 1 error, 2 warnings, 5 notes`.
fn summary(files: usize, [errors, warnings, notes]: [usize; 3]) -> Line {
    let mut line = Line::of(Style::Plain, &format!("{}: ", count(files, "file")));
    let mut separator = "";
    for (number, one, severity) in
        [(errors, "error", Severity::Error), (warnings, "warning", Severity::Warning), (notes, "note", Severity::Note)]
    {
        if number > 0 {
            line.push(Style::Plain, separator);
            line.push(word(severity).1, &count(number, one));
            separator = ", ";
        }
    }
    if separator.is_empty() {
        line.push(Style::Good, "nothing to improve");
    }
    line
}

#[derive(Serialize)]
struct Json<'a> {
    files: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    file: &'a str,
    severity: &'static str,
    line: u32,
    column: u32,
    rule: &'static str,
    message: &'a str,
    help: &'a str,
}

impl<'a> JsonFinding<'a> {
    fn new(report: &'a Report, finding: &'a Finding) -> Self {
        Self {
            file: &report.file,
            severity: word(finding.severity).0,
            line: finding.line,
            column: finding.column,
            rule: finding.rule,
            message: &finding.message,
            help: finding.help,
        }
    }
}
