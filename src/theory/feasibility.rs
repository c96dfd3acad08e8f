//! Is a pattern (F_1 .. F_{n_q}) realizable: does some encoder fire latent i for exactly the features of F_i alone?
//!
//! For ReLU and JumpReLU each row decides for itself: ⟨w_i, w_p^d⟩ > θ for d in F_i, ≤ θ for the others. For Top-k the
//! rows decide together, and for single features that is linear too: a feature that fires fewer than k latents leaves
//! all others at or below 0, and one that fires k puts each of them above every other (of equals the lower latent
//! goes first). So every pattern is decided, by [`super::cone`]: with an encoder, or a contradiction in words.

use super::cone::{System, Verdict};
use super::simplified::{Pattern, Sigma, Simplified, dot};
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    pub realizable: bool,
    /// [n_latent][n_input], if realizable: rows of the widest margin that are unit where σ is scale-free; zero rows for
    /// latents that answer to nothing.
    pub encoder: Vec<Vec<f64>>,
    /// (latent, feature) whose product is at the threshold in every such encoder: no margin there.
    pub touching: Vec<(usize, usize)>,
    /// Why not: one for each latent that cannot be as asked (one for all under Top-k).
    pub reasons: Vec<Reason>,
}

/// A contradiction: the requirements, each times its weight, add up to 0 > 0.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    /// Whose row it is; none where rows decide together.
    pub latent: Option<usize>,
    pub terms: Vec<Term>,
    pub words: String,
}

/// A requirement on ⟨w_latent, w_feature⟩ (minus ⟨w_below, w_feature⟩, if given): `sign` times it is above 0, or at least 0.
#[derive(Clone, Debug, Serialize)]
pub struct Term {
    pub weight: f64,
    pub strict: bool,
    pub latent: usize,
    pub feature: usize,
    pub below: Option<usize>,
    pub sign: f64,
}

/// Fails where the pattern is not one of this world: its features, each once and ascending in each latent.
pub fn check(world: &Simplified, pattern: &Pattern) -> Result<(), String> {
    world.check()?;
    let n = world.n_features();
    for (i, of) in pattern.iter().enumerate() {
        if of.iter().any(|d| *d >= n) || of.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(format!("pattern[{i}] is {of:?}: features below {n}, ascending, each once"));
        }
    }
    if pattern.is_empty() || pattern.len() * world.directions_in[0].len() > 600 {
        let width = world.directions_in[0].len();
        return Err(format!("pattern has {} latents: 1 to {} for n_input {width}", pattern.len(), 600 / width));
    }
    Ok(())
}

/// Decides a pattern that passed [`check`]. `names[d]` is what a feature is called in reasons.
pub fn decide(world: &Simplified, pattern: &Pattern, names: &[String]) -> Answer {
    let parts = systems(world, pattern);
    let width = world.directions_in[0].len();
    let mut answer =
        Answer { realizable: true, encoder: vec![vec![0.0; width]; pattern.len()], touching: vec![], reasons: vec![] };
    if let Sigma::TopK(k) = world.sigma {
        let crowded = (0..world.n_features()).find(|d| firing(pattern, *d).len() > k);
        if let Some(d) = crowded {
            let words = format!("{} fires {} latents, and Top-k lets {k} pass.", names[d], firing(pattern, d).len());
            answer.realizable = false;
            answer.reasons.push(Reason { latent: None, terms: vec![], words });
            return answer;
        }
    }
    for part in parts {
        match part.system.solve() {
            Verdict::Solved { x, touching } => {
                part.place(&x, &mut answer.encoder);
                answer.touching.extend(touching.iter().map(|c| (part.closed[*c].latent, part.closed[*c].feature)));
            }
            Verdict::Contradiction { strict, closed } => {
                answer.realizable = false;
                answer.reasons.push(part.reason(&strict, &closed, names));
            }
        }
    }
    if !answer.realizable {
        answer.encoder.clear();
    }
    answer
}

/// "w_1", "w_2", …: features as the paper numbers them.
pub fn numbered(n: usize) -> Vec<String> {
    (1..=n).map(|d| format!("w_{d}")).collect()
}

/// Latents that a feature fires.
pub fn firing(pattern: &Pattern, feature: usize) -> Vec<usize> {
    (0..pattern.len()).filter(|i| pattern[*i].contains(&feature)).collect()
}

/// The requirements on some rows, as a system in their entries, and in what θ is divided by where θ > 0.
pub struct Part {
    pub system: System,
    /// Rows of the encoder in x, one after the other.
    pub latents: Vec<usize>,
    width: usize,
    has_theta: bool,
    strict: Vec<Term>,
    closed: Vec<Term>,
}

/// Independent parts of the question; latents that answer to nothing have zero rows and no part.
pub fn systems(world: &Simplified, pattern: &Pattern) -> Vec<Part> {
    let alive: Vec<usize> = (0..pattern.len()).filter(|i| !pattern[*i].is_empty()).collect();
    let n = world.n_features();
    match world.sigma {
        Sigma::TopK(k) => {
            let mut part = Part::new(world, alive.clone(), 0.0);
            for d in 0..n {
                let on = firing(pattern, d);
                for i in &on {
                    part.require(world, Term::new(true, *i, d, None, 1.0));
                }
                for j in alive.iter().filter(|j| !on.contains(j)) {
                    if on.len() < k {
                        part.require(world, Term::new(false, *j, d, None, -1.0));
                    } else {
                        for i in &on {
                            part.require(world, Term::new(i > j, *i, d, Some(*j), 1.0));
                        }
                    }
                }
            }
            vec![part]
        }
        Sigma::Relu | Sigma::JumpRelu(_) => {
            let theta = if let Sigma::JumpRelu(theta) = world.sigma { theta } else { 0.0 };
            let one = |i: usize| {
                let mut part = Part::new(world, vec![i], theta);
                for d in 0..n {
                    let inside = pattern[i].contains(&d);
                    part.require(world, Term::new(inside, i, d, None, if inside { 1.0 } else { -1.0 }));
                }
                part
            };
            alive.into_iter().map(one).collect()
        }
    }
}

impl Term {
    fn new(strict: bool, latent: usize, feature: usize, below: Option<usize>, sign: f64) -> Self {
        Self { weight: 0.0, strict, latent, feature, below, sign }
    }
}

impl Part {
    fn new(world: &Simplified, latents: Vec<usize>, theta: f64) -> Self {
        let width = world.directions_in[0].len();
        let has_theta = theta > 0.0;
        let mut system = System { width: latents.len() * width + usize::from(has_theta), ..System::default() };
        if has_theta {
            // x = (w, t): the row itself is w / t.
            let mut t = vec![0.0; system.width];
            t[system.width - 1] = 1.0;
            system.strict.push(t);
        }
        Self { system, latents, width, has_theta, strict: vec![], closed: vec![] }
    }

    /// A row of the system: `sign` times the feature in the latent's place (and against it in that of `below`).
    pub fn row(&self, world: &Simplified, term: &Term) -> Vec<f64> {
        let mut row = vec![0.0; self.system.width];
        let mut put = |latent: usize, sign: f64| {
            let at = self.latents.iter().position(|l| *l == latent).expect("a latent of this part") * self.width;
            row[at..at + self.width]
                .iter_mut()
                .zip(&world.directions_in[term.feature])
                .for_each(|(r, w)| *r = sign * w);
        };
        put(term.latent, term.sign);
        if let Some(below) = term.below {
            put(below, -term.sign);
        }
        if let (true, Sigma::JumpRelu(theta)) = (self.has_theta, world.sigma) {
            row[self.system.width - 1] = -term.sign * theta;
        }
        row
    }

    /// ⟨w_latent, w_p^feature⟩ as a row of the system.
    pub fn linear(&self, world: &Simplified, latent: usize, feature: usize) -> Vec<f64> {
        let mut row = self.row(world, &Term::new(true, latent, feature, None, 1.0));
        if self.has_theta {
            row[self.system.width - 1] = 0.0;
        }
        row
    }

    fn require(&mut self, world: &Simplified, term: Term) {
        let row = self.row(world, &term);
        if term.strict {
            self.system.strict.push(row);
            self.strict.push(term);
        } else {
            self.system.closed.push(row);
            self.closed.push(term);
        }
    }

    /// Puts a solution's rows into an encoder.
    pub fn place(&self, x: &[f64], encoder: &mut [Vec<f64>]) {
        let scale = if self.has_theta { x[self.system.width - 1] } else { 1.0 };
        for (latent, row) in self.latents.iter().zip(x.chunks_exact(self.width)) {
            encoder[*latent] = row.iter().map(|w| w / scale).collect();
        }
    }

    fn reason(&self, strict: &[f64], closed: &[f64], names: &[String]) -> Reason {
        // The row t > 0 comes first and says nothing by itself.
        let strict = &strict[usize::from(self.has_theta)..];
        let mut terms = vec![];
        for (of, weights) in [(&self.strict, strict), (&self.closed, closed)] {
            for (term, weight) in of.iter().zip(weights).filter(|(_, w)| **w > 1e-9) {
                terms.push(Term { weight: *weight, ..term.clone() });
            }
        }
        let latent = (self.latents.len() == 1).then(|| self.latents[0]);
        let words = match latent {
            Some(i) => alone_in_words(i, &terms, names, self.has_theta),
            None => together_in_words(&terms, names),
        };
        Reason { latent, terms, words }
    }
}

/// "0.5 w_1 + 0.5 w_3 = 0": the left side is above the threshold, the right side is not.
fn alone_in_words(latent: usize, terms: &[Term], names: &[String], has_theta: bool) -> String {
    let side = |strict: bool| -> String {
        let of: Vec<_> = terms.iter().filter(|t| t.strict == strict).collect();
        // With one feature on a side, it stands alone.
        let all: Vec<String> = of.iter().map(|t| weighed(t.weight, &names[t.feature])).collect();
        if all.is_empty() { "0".to_owned() } else { all.join(" + ") }
    };
    let limit = if has_theta { "θ times the sum of its weights" } else { "0" };
    let i = latent + 1;
    format!(
        "{} = {}: the product of latent {i}'s row with the left side would have to be above {limit}, and with the right \
         side at most {limit}. So no row fires latent {i} for exactly these features.",
        side(true),
        side(false),
    )
}

fn together_in_words(terms: &[Term], names: &[String]) -> String {
    let one = |t: &Term| {
        let name = &names[t.feature];
        let product = |latent: usize| format!("z_{}({name})", latent + 1);
        let claim = match t.below {
            Some(below) => {
                format!("{} {} {}", product(t.latent), if t.strict { ">" } else { "≥" }, product(below))
            }
            None if t.sign > 0.0 => format!("{} > 0", product(t.latent)),
            None => format!("{} ≤ 0", product(t.latent)),
        };
        format!("{} × [{claim}]", short(t.weight))
    };
    let all: Vec<String> = terms.iter().map(one).collect();
    format!(
        "With z_i(w) = ⟨w_E^i, w⟩, all of these are required, and added with their weights they say 0 > 0: {}.",
        all.join(", ")
    )
}

fn weighed(weight: f64, name: &str) -> String {
    if (weight - 1.0).abs() < 1e-9 { name.to_owned() } else { format!("{} {name}", short(weight)) }
}

/// Three significant digits, no trailing zeros.
fn short(x: f64) -> String {
    let digits = (2 - x.abs().max(1e-9).log10().floor() as i32).clamp(0, 8) as usize;
    let text = format!("{x:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Whether an encoder has exactly this pattern, but for products that have to touch the threshold, which may be off by
/// rounding.
pub fn has_pattern(world: &Simplified, encoder: &[Vec<f64>], pattern: &Pattern, touching: &[(usize, usize)]) -> bool {
    let found = world.pattern(encoder);
    found.iter().zip(pattern).enumerate().all(|(i, (found, asked))| {
        let same = |d: usize| found.contains(&d) == asked.contains(&d) || touching.iter().any(|t| t.1 == d);
        (0..world.n_features()).all(|d| same(d) || dot(&encoder[i], &world.directions_in[d]).abs() < 1e-12)
    })
}
