//! What a config is where nothing is said: the page's first bench, Top-k, Adam.

use super::*;

impl Default for Config {
    fn default() -> Self {
        Self {
            version: VERSION,
            seed: 7,
            source: Source::Bench,
            bench: Bench::default(),
            activations: Activations::default(),
            model: Model::default(),
            loss: Loss::default(),
            anchors: Anchors::default(),
            dead: Dead::default(),
            training: Training::default(),
            scoring: Scoring::default(),
        }
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self {
            world: 0,
            n_features: 32,
            n_input: 16,
            sparsity: 0.95,
            interference: Interference::Bounded,
            max_interference: 0.3,
            magnitude_min: 0.0,
            magnitude_scale: 1.0,
            n_target: 16,
            n_sources: 2,
            exclusive: 0.0,
            n_parents: 0,
            n_children: 4,
            no_child: 0.0,
            exclusive_children: true,
            tied_magnitudes: false,
            correlation: 0.0,
            correlation_rank: 8,
        }
    }
}

impl Default for Activations {
    fn default() -> Self {
        Self { name: "minilm-wordnet-sentences".into(), center: true, tensors: vec![] }
    }
}

impl Default for Model {
    fn default() -> Self {
        Self {
            task: Task::Autoencoder,
            n_latent: 64,
            activation: Activation::TopK,
            k: 3.0,
            rank_by_norm: false,
            theta: 0.1,
            bandwidth: 0.1,
            skip: false,
            b_enc: false,
            b_dec: false,
            b_dec_start: BiasStart::Zero,
            shift_input: false,
            tied_init: true,
            init_norm: 1.0,
            zero_decoder: false,
            unit_norm_decoder: true,
            scale_data: false,
        }
    }
}

impl Default for Loss {
    fn default() -> Self {
        Self {
            l1: 0.0,
            l1_weighting: Weighting::Plain,
            p_end: 1.0,
            p_from: 5_000,
            p_until: 20_000,
            p_updates: 10,
            l0: 0.0,
            tanh: 0.0,
            tanh_scale: 4.0,
            target_l0: 0.0,
            penalty_warm_up: 0,
            aux_k: 0.0,
            aux_k_latents: 0,
            aux_k_form: AuxForm::Normalised,
            aux_k_relu: false,
            matryoshka: vec![],
            matryoshka_weights: vec![],
            multi_k: vec![],
            multi_k_weights: vec![],
        }
    }
}

impl Default for Anchors {
    fn default() -> Self {
        Self { count: 8, coefficient: 0.0 }
    }
}

impl Default for Dead {
    fn default() -> Self {
        Self {
            window: 100_000,
            treatment: Treatment::None,
            resample_every: 2_500,
            resample_until: 20_000,
            resample_inputs: 4_096,
            resample_scale: 0.2,
        }
    }
}

impl Default for Training {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Adam,
            non_negative: true,
            steps: 20_000,
            batch: 256,
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            warm_up: 0,
            decay: 0,
            clip: 0.0,
        }
    }
}

impl Default for Scoring {
    fn default() -> Self {
        Self { threshold: 0.95, hold_out: 8, rows: 2_048 }
    }
}
