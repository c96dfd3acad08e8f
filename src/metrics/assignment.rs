//! The assignment problem for rectangular matrices: pairs of rows and columns of least total cost.
//!
//! Shortest augmenting paths with dual potentials (Jonker & Volgenant 1987, in the rectangular form of Crouse 2016):
//! every row in turn is matched by the cheapest chain of swaps that ends at a free column. O(min² max).

/// Matched with nothing.
const FREE: u32 = u32::MAX;

/// For every row of `costs` [n_rows, n_cols] its column, or none where there are more rows than columns: min(n_rows,
/// n_cols) pairs, no row or column in two, of the least sum there is.
///
/// Costs are f32; potentials are f64, so that the sum is the least of these costs to the last bit that matters.
///
/// # Panics
/// When `costs` are not whole rows, or not all finite.
pub fn assign(costs: &[f32], n_cols: usize) -> Vec<Option<u32>> {
    let n_rows = costs.len().checked_div(n_cols).unwrap_or(0);
    assert!(n_rows * n_cols == costs.len(), "costs must be whole rows");
    assert!(costs.iter().all(|c| c.is_finite()), "costs must be finite");
    let matched = if n_rows > n_cols {
        let mut transposed = Vec::with_capacity(costs.len());
        for j in 0..n_cols {
            for row in costs.chunks_exact(n_cols) {
                transposed.push(row[j]);
            }
        }
        Search::new(&transposed, n_rows).run().owner
    } else {
        Search::new(costs, n_cols).run().column
    };
    matched.into_iter().map(|j| (j != FREE).then_some(j)).collect()
}

/// A matching under way: no more rows than columns.
struct Search<'a> {
    costs: &'a [f32],
    n_cols: usize,
    /// [n_rows]: the column that a row is matched with; [n_cols]: the row that a column is matched with.
    column: Vec<u32>,
    owner: Vec<u32>,
    /// u and v with c_ij − u_i − v_j ≥ 0, and = 0 for matched pairs.
    row_potential: Vec<f64>,
    col_potential: Vec<f64>,
    /// Columns that the present search has not settled.
    open: Vec<u32>,
    /// [n_cols]: length of the shortest known path to an open column, and the row before its end.
    length: Vec<f64>,
    before: Vec<u32>,
}

impl<'a> Search<'a> {
    fn new(costs: &'a [f32], n_cols: usize) -> Self {
        let n_rows = costs.len().checked_div(n_cols).unwrap_or(0);
        Self {
            costs,
            n_cols,
            column: vec![FREE; n_rows],
            owner: vec![FREE; n_cols],
            row_potential: vec![0.0; n_rows],
            col_potential: vec![0.0; n_cols],
            open: Vec::with_capacity(n_cols),
            length: vec![0.0; n_cols],
            before: vec![FREE; n_cols],
        }
    }

    fn run(mut self) -> Self {
        (0..self.column.len()).for_each(|row| self.augment(row as u32));
        self
    }

    /// Matches one more row: Dijkstra over columns, with reduced costs as lengths.
    fn augment(&mut self, start: u32) {
        self.open.clear();
        self.open.extend(0..self.n_cols as u32);
        self.length.fill(f64::INFINITY);
        // Settled columns with the lengths of their paths.
        let mut settled: Vec<(u32, f64)> = vec![];
        let (mut row, mut shortest) = (start, 0.0);
        let end = loop {
            let costs = &self.costs[row as usize * self.n_cols..][..self.n_cols];
            let base = shortest - self.row_potential[row as usize];
            let (mut best, mut best_at) = (f64::INFINITY, 0);
            for (at, &j) in self.open.iter().enumerate() {
                let j = j as usize;
                let through = base + f64::from(costs[j]) - self.col_potential[j];
                if through < self.length[j] {
                    self.length[j] = through;
                    self.before[j] = row;
                }
                // Of equally near columns a free one ends the search.
                let here = self.length[j];
                if here < best || (here == best && self.owner[j] == FREE) {
                    (best, best_at) = (here, at);
                }
            }
            let nearest = self.open.swap_remove(best_at);
            shortest = best;
            match self.owner[nearest as usize] {
                FREE => break nearest,
                owner => {
                    settled.push((nearest, best));
                    row = owner;
                }
            }
        };
        // What was nearer than the end gives way by the difference: reduced costs stay at or above zero.
        self.row_potential[start as usize] += shortest;
        for (j, length) in settled {
            self.row_potential[self.owner[j as usize] as usize] += shortest - length;
            self.col_potential[j as usize] -= shortest - length;
        }
        let mut column = end;
        loop {
            let row = self.before[column as usize];
            self.owner[column as usize] = row;
            let given_up = std::mem::replace(&mut self.column[row as usize], column);
            if row == start {
                break;
            }
            column = given_up;
        }
    }
}
