//! One panel of the picture.

use testbed::prometheus::Span;

pub const WIDTH: f64 = 312.0;
pub const HEIGHT: f64 = 196.0;
/// Where the lines are, within the panel.
const LEFT: f64 = 46.0;
const RIGHT: f64 = WIDTH - 14.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 132.0;
/// Room for the legend: about this many units a character.
const LETTER: f64 = 6.5;
const PARTS: u32 = 4;

/// Colours that colour-blind people tell apart (Okabe and Ito), and dashes for who sees none.
pub const STYLE: &str = "\
text{font:11px system-ui,sans-serif;fill:#57606a}.name{font-weight:600;font-size:13px;fill:#1f2328}\
.page{fill:#fff}path{fill:none;stroke-width:1.8;stroke-linejoin:round}.grid{stroke:#d8dee4;stroke-width:1}\
.s0{stroke:#0072b2}.s1{stroke:#d55e00;stroke-dasharray:7 2}.s2{stroke:#009e73;stroke-dasharray:3 2}\
.s3{stroke:#b0448a;stroke-dasharray:9 2 2 2}.s4{stroke:#a87000;stroke-dasharray:2 2}\
.s5{stroke:#3d93c9;stroke-dasharray:12 3}.s6{stroke:#6e7781;stroke-dasharray:5 4}.s7{stroke:#b91c1c;stroke-dasharray:1 2}\
@media(prefers-color-scheme:dark){text{fill:#9198a1}.name{fill:#f0f6fc}.page{fill:#0d1117}.grid{stroke:#30363d}\
.s0{stroke:#58a6e0}.s1{stroke:#f0883e}.s2{stroke:#3fc79a}.s3{stroke:#e39bc8}.s4{stroke:#e3b341}.s5{stroke:#9cd3f5}\
.s6{stroke:#b1bac4}.s7{stroke:#ff8a80}}";
const STYLES: usize = 8;

pub struct Line {
    pub label: String,
    pub points: Vec<(f64, f64)>,
}

pub struct Chart {
    pub title: String,
    /// Grafana's name of the unit.
    pub unit: String,
    pub lines: Vec<Line>,
    pub span: Span,
}

impl Chart {
    pub fn draw(&self) -> String {
        let top = self.top();
        let mut text = format!("<text class=\"name\" x=\"0\" y=\"14\">{}</text>\n", self.title);
        for part in 0..=PARTS {
            let share = f64::from(part) / f64::from(PARTS);
            let y = BOTTOM - share * (BOTTOM - TOP);
            text += &format!("<path class=\"grid\" d=\"M{LEFT} {y}H{RIGHT}\"/>");
            if part % 2 == 0 {
                let value = self.value(top * share);
                text += &format!(
                    "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{value}</text>\n",
                    LEFT - 6.0,
                    y + 4.0
                );
            }
        }
        let seconds = self.span.end - self.span.start;
        for (share, anchor) in [(0.0, "start"), (0.5, "middle"), (1.0, "end")] {
            let x = LEFT + share * (RIGHT - LEFT);
            let time = format!("{:.0} s", seconds * share);
            text += &format!(
                "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{time}</text>\n",
                BOTTOM + 15.0
            );
        }
        for (nth, line) in self.lines.iter().enumerate() {
            text +=
                &format!("<path class=\"s{}\" d=\"{}\"/>\n", nth % STYLES, self.path(line, top));
        }
        text + &self.legend()
    }

    /// The panel for who does not see it: each line's name and highest value.
    pub fn told(&self) -> String {
        let lines: Vec<String> = self
            .lines
            .iter()
            .map(|line| format!("{} up to {}", line.label, self.value(highest(line))))
            .collect();
        format!("{}: {}.", self.title, lines.join(", "))
    }

    /// Points where the line goes on straight are left out; a gap stays a gap.
    fn path(&self, line: &Line, top: f64) -> String {
        let Span { start, end, step } = self.span;
        let mut path = String::new();
        let points: Vec<(f64, f64)> =
            line.points.iter().copied().filter(|point| point.1.is_finite()).collect();
        for (nth, (time, value)) in points.iter().enumerate() {
            let before = nth.checked_sub(1).map(|nth| points[nth]);
            let follows = before.is_some_and(|before| time - before.0 < 1.5 * step);
            let flat = before.is_some_and(|before| before.1 == *value)
                && points
                    .get(nth + 1)
                    .is_some_and(|after| after.1 == *value && after.0 - time < 1.5 * step);
            if follows && flat {
                continue;
            }
            let x = LEFT + (time - start) / (end - start) * (RIGHT - LEFT);
            let y = BOTTOM - value / top * (BOTTOM - TOP);
            path += &format!("{}{x:.1} {y:.1}", if follows { 'L' } else { 'M' });
        }
        path
    }

    fn legend(&self) -> String {
        let (mut x, mut y) = (0.0, BOTTOM + 36.0);
        let mut text = String::new();
        for (nth, line) in self.lines.iter().enumerate() {
            let width = 34.0 + line.label.len() as f64 * LETTER;
            if x + width > RIGHT && x > 0.0 {
                (x, y) = (0.0, y + 16.0);
            }
            text += &format!("<path class=\"s{}\" d=\"M{x:.0} {}h18\"/>", nth % STYLES, y - 4.0);
            text += &format!("<text x=\"{:.0}\" y=\"{y}\">{}</text>\n", x + 23.0, line.label);
            x += width;
        }
        text
    }

    /// The end of the scale: a round number, not below any value.
    fn top(&self) -> f64 {
        let most = self.lines.iter().map(highest).fold(f64::MIN_POSITIVE, f64::max);
        let power = 10_f64.powf(most.log10().floor());
        let steps = [1.0, 1.2, 1.6, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
        steps.map(|step| step * power).into_iter().find(|top| *top >= most).unwrap_or(most)
    }

    fn value(&self, value: f64) -> String {
        let (scale, unit) = match self.unit.as_str() {
            "percentunit" => (100.0, " %"),
            "s" if self.top() < 1.0 => (1000.0, " ms"),
            "s" => (1.0, " s"),
            "reqps" => (1.0, "/s"),
            _ => (1.0, ""),
        };
        let value = value * scale;
        let digits =
            if value == 0.0 || value >= 10.0 || value.fract().abs() < 0.001 { 0 } else { 1 };
        format!("{value:.digits$}{unit}")
    }
}

/// The most that the line ever shows; 0 if it shows nothing.
pub fn highest(line: &Line) -> f64 {
    line.points.iter().map(|point| point.1).filter(|value| value.is_finite()).fold(0.0, f64::max)
}
