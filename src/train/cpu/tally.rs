//! Who fired: codes turned from rows to latents, sums a latent, and the dead-neuron counters.

use super::Codes;

/// The entries of `Codes` by latent: latent i has `start[i]..start[i + 1]` of `row` and `entry`, rows ascending.
pub struct Tally {
    /// [n_latent + 1].
    pub start: Vec<u32>,
    pub row: Vec<u32>,
    /// Index into `Codes::f` and `Codes::dz`.
    pub entry: Vec<u32>,
    /// [n_latent]: where the next entry of a latent goes, while counting.
    next: Vec<u32>,
}

impl Tally {
    pub fn new(n_latent: usize) -> Self {
        Self { start: vec![0; n_latent + 1], row: vec![], entry: vec![], next: vec![0; n_latent] }
    }

    /// Rebuilds the lists and brings the counters (both [n_latent]) up to date.
    pub fn tally(&mut self, codes: &Codes, n_rows: usize, since_fired: &mut [u32], fire_count: &mut [u32]) {
        self.sort(codes);
        for (i, ends) in self.start.windows(2).enumerate() {
            let count = ends[1] - ends[0];
            since_fired[i] = if count > 0 { 0 } else { since_fired[i].saturating_add(n_rows as u32) };
            fire_count[i] = fire_count[i].wrapping_add(count);
        }
    }

    /// Rebuilds the lists.
    pub fn sort(&mut self, codes: &Codes) {
        self.next.fill(0);
        for &i in &codes.latent {
            self.next[i as usize] += 1;
        }
        let mut sum = 0;
        for (count, start) in self.next.iter_mut().zip(&mut self.start) {
            *start = sum;
            sum += *count;
            *count = *start;
        }
        self.start[self.next.len()] = sum;
        self.row.resize(sum as usize, 0);
        self.entry.resize(sum as usize, 0);
        for b in 0..codes.row_start.len() - 1 {
            for e in codes.row_start[b]..codes.row_start[b + 1] {
                let slot = &mut self.next[codes.latent[e as usize] as usize];
                self.row[*slot as usize] = b as u32;
                self.entry[*slot as usize] = e;
                *slot += 1;
            }
        }
    }

    /// Rows and entries of latent `i`.
    pub fn latent(&self, i: usize) -> (&[u32], &[u32]) {
        let range = self.start[i] as usize..self.start[i + 1] as usize;
        (&self.row[range.clone()], &self.entry[range])
    }

    /// [n_latent]: Σ of `values` (one an entry) over every latent's entries.
    pub fn sums(&self, values: &[f32]) -> Vec<f32> {
        (0..self.next.len()).map(|i| self.latent(i).1.iter().map(|e| values[*e as usize]).sum()).collect()
    }
}
