//! Relative decoder norms of crosscoders, by rows whose answer is plain.

use sdl_explorer::metrics::Sources;

#[test]
fn shares_and_cosines_are_those_of_the_parts() {
    let rows = [
        ([3.0, 4.0, 0.0, 0.0], [1.0, 0.0], 0.0),
        ([1.0, 0.0, 0.0, 3.0], [0.25, 0.75], 0.0),
        ([1.0, 2.0, 1.0, 2.0], [0.5, 0.5], 1.0),
        ([2.0, 0.0, -2.0, 0.0], [0.5, 0.5], -1.0),
        ([0.0; 4], [0.5, 0.5], 0.0),
    ];
    let decoder: Vec<f32> = rows.iter().flat_map(|r| r.0).collect();
    let found = Sources::new(&decoder, 4, 2).expect("two sources");
    for (i, (row, share, cosine)) in rows.iter().enumerate() {
        assert!(found.share[2 * i..][..2].iter().zip(share).all(|(a, b)| (a - b).abs() < 1e-6), "share of {row:?}");
        assert!((found.cosine[i] - cosine).abs() < 1e-6, "cosine of {row:?}: {}", found.cosine[i]);
    }
}

#[test]
fn of_three_sources_cosines_are_averaged_over_pairs() {
    let found = Sources::new(&[1.0, 0.0, 1.0, 0.0, 0.0, 2.0], 6, 3).expect("three sources");
    assert_eq!(found.share, [0.25, 0.25, 0.5]);
    assert!((found.cosine[0] - 1.0 / 3.0).abs() < 1e-6);
}

#[test]
fn a_model_of_one_source_has_none() {
    assert!(Sources::new(&[1.0, 2.0], 2, 1).is_none());
}
