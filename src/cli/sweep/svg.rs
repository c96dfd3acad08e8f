//! A sweep's figure as SVG: lines and points with their intervals, panels beside one another, on white.
//!
//! A series is told by hue and by marker (Okabe and Ito's colours); no font is fetched.

use super::figure::Picture;
use super::summary::{Estimate, Summary};
use std::fmt::Write;

const HUES: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a6200", "#56b4e9", "#1c2127"];
const INK: &str = "#1c2127";
const MUTED: &str = "#57606a";
const RULE: &str = "#c9cfd6";
const GRID: &str = "#e8ebee";
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/// Size of a panel's plot, and the room around it. Where names stand across, it is as wide as they need.
const WIDTH: f64 = 250.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 52.0;
const MOST_COLUMNS: usize = 3;
/// Room that a letter of 13 px takes, about.
const LETTER: f64 = 7.2;

/// An axis of the plot.
struct Scale {
    low: f64,
    high: f64,
    log: bool,
    ticks: Vec<(f64, String)>,
}

impl Scale {
    fn share(&self, x: f64) -> f64 {
        let share = if self.log {
            (x / self.low).ln() / (self.high / self.low).ln()
        } else {
            (x - self.low) / (self.high - self.low)
        };
        share.clamp(0.0, 1.0)
    }
}

pub fn draw(summary: &Summary) -> String {
    let figure = &summary.figure;
    let picture = figure.picture(summary);
    let plot_width = width_of(&picture);
    let columns = picture
        .panels
        .len()
        .min(if picture.numbers.is_none() { 1 } else { MOST_COLUMNS })
        .min(if picture.panels.len() == 4 { 2 } else { MOST_COLUMNS });
    let rows = picture.panels.len().div_ceil(columns);
    let (panel_width, panel_height) = (LEFT + plot_width + RIGHT, TOP + HEIGHT + BOTTOM);
    let width = (panel_width * columns as f64).max(panel_width * 1.6) + 16.0;
    let mut body = String::new();
    let mut y = 14.0;
    for line in wrapped(&summary.title, width - 24.0, 8.2) {
        y += 18.0;
        text(&mut body, (12.0, y), "start", (16, INK, "600"), &line);
    }
    y = legend(&mut body, &picture, y + 26.0, width);
    let (across, up) = (across(summary, &picture), up(summary, &picture));
    for (ix, panel) in picture.panels.iter().enumerate() {
        let (column, row) = (ix % columns, ix / columns);
        let left = 8.0 + panel_width * column as f64 + LEFT;
        let top = y + panel_height * row as f64 + TOP;
        let name = figure.x_label.as_deref().unwrap_or(&figure.x);
        axes(&mut body, (left, top, plot_width), &across, &up, name);
        if column == 0 {
            let label = figure.y_label.as_deref().unwrap_or(&figure.y[0].label);
            let at = (left - LEFT + 12.0, top + HEIGHT / 2.0);
            let _ = write!(body, r#"<g transform="rotate(-90 {:.1} {:.1})">"#, at.0, at.1);
            text(&mut body, at, "middle", (13, INK, "400"), label);
            body += "</g>";
        }
        text(&mut body, (left, top - 9.0), "start", (13, INK, "600"), &panel.title);
        if let Some(rule) = &figure.rule {
            let x = left + across.share(rule.x) * plot_width;
            let _ =
                write!(body, r#"<path d="M{x:.1} {top:.1}v{:.1}" stroke="{MUTED}" stroke-dasharray="4 3"/>"#, HEIGHT);
            text(&mut body, (x + 5.0, top + 12.0), "start", (12, MUTED, "400"), &rule.label);
        }
        for (s, values) in panel.values.iter().enumerate() {
            let place = |ix: usize| left + x_of(&picture, &across, ix, s) * plot_width;
            series(
                &mut body,
                s,
                values,
                place,
                |value| top + (1.0 - up.share(value)) * HEIGHT,
                &up,
                picture.numbers.is_some(),
            );
        }
    }
    let height = y + panel_height * rows as f64 + 6.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
         font-family=\"{FONT}\" role=\"img\"><title>{}</title><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n",
        escaped(&summary.title)
    )
}

fn width_of(picture: &Picture) -> f64 {
    let longest = picture.points.iter().map(|name| name.chars().count()).max().unwrap_or(0) as f64;
    match picture.numbers {
        Some(_) => WIDTH,
        None => WIDTH.max((longest * LETTER + 14.0) * picture.points.len() as f64),
    }
}

/// Where a point stands across, as a share; categories have room of their own, in which series stand side by side.
fn x_of(picture: &Picture, across: &Scale, ix: usize, series: usize) -> f64 {
    match &picture.numbers {
        Some(numbers) => across.share(numbers[ix]),
        None => {
            let aside = (series as f64 - (picture.series.len() - 1) as f64 / 2.0) * 0.16;
            (ix as f64 + 0.5 + aside) / picture.points.len() as f64
        }
    }
}

fn across(summary: &Summary, picture: &Picture) -> Scale {
    let Some(numbers) = &picture.numbers else {
        let n = picture.points.len() as f64;
        let ticks = picture.points.iter().enumerate().map(|(ix, name)| (ix as f64 + 0.5, name.clone())).collect();
        return Scale { low: 0.0, high: n, log: false, ticks };
    };
    let mut all = numbers.clone();
    all.extend(summary.figure.rule.iter().map(|rule| rule.x));
    let (low, high) = ends(all.iter().copied());
    let log = summary.figure.log_x;
    // A little room at both ends, for markers.
    let (low, high) = if log {
        let room = (high / low).powf(0.05).max(1.02);
        (low / room, high * room)
    } else {
        let room = ((high - low) * 0.05).max(1e-9);
        (low - room, high + room)
    };
    let mut ticks: Vec<(f64, String)> = numbers.iter().copied().zip(picture.points.iter().cloned()).collect();
    // Where points are many or close, names would run into one another.
    let mut last = f64::NEG_INFINITY;
    let bare = Scale { low, high, log, ticks: vec![] };
    ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
    ticks.retain_mut(|(x, name)| {
        let (at, half) = (bare.share(*x) * WIDTH, name.chars().count() as f64 * LETTER / 2.0);
        let fits = at - half > last + 4.0;
        if fits {
            last = at + half;
        } else {
            name.clear();
        }
        true
    });
    Scale { ticks, ..bare }
}

fn up(summary: &Summary, picture: &Picture) -> Scale {
    let all = || picture.panels.iter().flat_map(|p| p.values.iter().flatten().flatten());
    let values = || all().flat_map(|e: &Estimate| [Some(e.mean), e.low, e.high]).flatten();
    let log = summary.figure.log_y;
    let (low, high) = summary.figure.y_range.unwrap_or_else(|| {
        if log {
            let (low, high) = ends(values().filter(|x| *x > 0.0));
            (10f64.powf(low.log10().floor()), 10f64.powf(high.log10().ceil()))
        } else {
            let (low, high) = ends(values());
            let step = nice_step(high.max(0.0) - low.min(0.0));
            ((low.min(0.0) / step).floor() * step, (high.max(0.0) / step).ceil() * step)
        }
    });
    let (low, high) = if high > low { (low, high) } else { (low, low + 1.0) };
    let ticks = if log {
        let (from, to) = (low.log10().ceil() as i32, high.log10().floor() as i32);
        let stride = ((to - from) / 6 + 1) as usize;
        (from..=to).step_by(stride).map(|p| (10f64.powi(p), format!("1e{p}"))).collect()
    } else {
        let step = nice_step(high - low);
        let digits = (-step.log10().floor()).max(0.0) as usize;
        let count = ((high - low) / step + 1e-6).floor() as usize;
        (0..=count).map(|i| low + i as f64 * step).map(|x| (x, format!("{x:.digits$}"))).collect()
    };
    Scale { low, high, log, ticks }
}

/// Steps of 1, 2 or 5 times a power of ten that make about five parts.
fn nice_step(range: f64) -> f64 {
    let rough = if range > 0.0 { range / 5.0 } else { 0.2 };
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|f| f * power).find(|step| *step >= rough * 0.999).unwrap_or(10.0 * power)
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    if low.is_finite() { (low, high) } else { (1.0, 1.0) }
}

/// Names of the series with their markers, in as many lines as they need; answers where the next thing may begin.
fn legend(out: &mut String, picture: &Picture, mut y: f64, width: f64) -> f64 {
    let mut x = 12.0;
    for (s, name) in picture.series.iter().enumerate() {
        let room = 30.0 + name.chars().count() as f64 * LETTER + 18.0;
        if x > 12.0 && x + room > width {
            (x, y) = (12.0, y + 20.0);
        }
        let hue = HUES[s % HUES.len()];
        let _ = write!(out, r#"<path d="M{x:.1} {:.1}h22" stroke="{hue}" stroke-width="2"/>"#, y - 4.0);
        marker(out, s, (x + 11.0, y - 4.0));
        text(out, (x + 30.0, y), "start", (13, INK, "400"), name);
        x += room;
    }
    y + 12.0
}

fn axes(out: &mut String, (left, top, width): (f64, f64, f64), across: &Scale, up: &Scale, name: &str) {
    let bottom = top + HEIGHT;
    for (value, said) in &up.ticks {
        let y = top + (1.0 - up.share(*value)) * HEIGHT;
        let _ = write!(out, r#"<path d="M{left:.1} {y:.1}h{:.1}" stroke="{GRID}"/>"#, width);
        text(out, (left - 7.0, y + 4.0), "end", (12, MUTED, "400"), said);
    }
    let _ = write!(out, r#"<path d="M{left:.1} {bottom:.1}h{:.1}" stroke="{RULE}"/>"#, width);
    for (value, said) in &across.ticks {
        let x = left + across.share(*value) * width;
        let _ = write!(out, r#"<path d="M{x:.1} {bottom:.1}v4" stroke="{RULE}"/>"#);
        text(out, (x, bottom + 17.0), "middle", (12, MUTED, "400"), said);
    }
    text(out, (left + width / 2.0, bottom + 37.0), "middle", (13, INK, "400"), name);
}

fn series(
    out: &mut String,
    s: usize,
    values: &[Option<Estimate>],
    x: impl Fn(usize) -> f64,
    y: impl Fn(f64) -> f64,
    up: &Scale,
    joined: bool,
) {
    let hue = HUES[s % HUES.len()];
    // What a log axis cannot show is left out.
    let shown = |e: &&Estimate| !up.log || e.mean > 0.0;
    let points: Vec<(f64, &Estimate)> =
        values.iter().enumerate().filter_map(|(ix, e)| e.as_ref().filter(shown).map(|e| (x(ix), e))).collect();
    if joined && points.len() > 1 {
        let line: Vec<String> = points.iter().map(|(x, e)| format!("{x:.1} {:.1}", y(e.mean))).collect();
        let _ = write!(
            out,
            r#"<path d="M{}" fill="none" stroke="{hue}" stroke-width="2" stroke-linejoin="round"/>"#,
            line.join("L")
        );
    }
    for (x, e) in points {
        if let (Some(low), Some(high)) = (e.low, e.high) {
            let low = if up.log { low.max(up.low) } else { low };
            let _ =
                write!(out, r#"<path d="M{x:.1} {:.1}V{:.1}" stroke="{hue}" stroke-width="1.5"/>"#, y(low), y(high));
        }
        marker(out, s, (x, y(e.mean)));
    }
    out.push('\n');
}

/// One shape a series: disc, square, triangle, diamond, triangle on its tip, ring, cross.
fn marker(out: &mut String, s: usize, (x, y): (f64, f64)) {
    let hue = HUES[s % HUES.len()];
    let _ = match s % HUES.len() {
        0 => write!(out, r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" fill="{hue}"/>"#),
        1 => write!(out, r#"<path d="M{:.1} {:.1}h7.4v7.4h-7.4z" fill="{hue}"/>"#, x - 3.7, y - 3.7),
        2 => write!(out, r#"<path d="M{x:.1} {:.1}l4.6 8h-9.2z" fill="{hue}"/>"#, y - 5.0),
        3 => write!(out, r#"<path d="M{x:.1} {:.1}l5 5-5 5-5-5z" fill="{hue}"/>"#, y - 5.0),
        4 => write!(out, r#"<path d="M{x:.1} {:.1}l4.6-8h-9.2z" fill="{hue}"/>"#, y + 5.0),
        5 => {
            write!(out, r##"<circle cx="{x:.1}" cy="{y:.1}" r="3.6" fill="#ffffff" stroke="{hue}" stroke-width="2"/>"##)
        }
        _ => {
            write!(out, r#"<path d="M{:.1} {:.1}l8 8m0-8l-8 8" stroke="{hue}" stroke-width="2.4"/>"#, x - 4.0, y - 4.0)
        }
    };
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, (size, fill, weight): (u32, &str, &str), said: &str) {
    let said = escaped(said);
    let _ = write!(
        out,
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" fill="{fill}">{said}</text>"#
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Lines that fit into a width, at about so much a letter.
fn wrapped(text: &str, width: f64, letter: f64) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if (line.chars().count() + 1 + word.chars().count()) as f64 * letter <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
