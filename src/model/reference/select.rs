//! Which latents fire, of a row and of a batch. Of equal ones the earlier wins.

/// Of one row: whether each latent is among the k largest `keys` that are above zero.
pub fn top_k(keys: &[f64], k: usize) -> Vec<bool> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by(|&a, &b| keys[b].total_cmp(&keys[a]).then(a.cmp(&b)));
    let mut kept = vec![false; keys.len()];
    order.into_iter().take(k).for_each(|i| kept[i] = keys[i] > 0.0);
    kept
}

/// Of a whole batch: the `count` largest above zero, and the least of them (0 if there were not that many).
pub fn batch_top_k(keys: &[f64], count: usize) -> (Vec<bool>, f64) {
    let kept = top_k(keys, count);
    let found = kept.iter().filter(|k| **k).count();
    if found < count || count == 0 {
        return (kept, 0.0);
    }
    let least = keys.iter().zip(&kept).filter(|(_, k)| **k).map(|(z, _)| *z).fold(f64::INFINITY, f64::min);
    (kept, least)
}
