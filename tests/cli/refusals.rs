//! Bad input ends with exit code 2 and a message that names field, value and remedy.

use super::{failure, folder, rows, sdl, write_npy, write_tensors};
use std::fs::{self, File};

#[test]
fn bad_input_is_refused_by_field_value_and_remedy() {
    let at = folder("refusals");
    let values = rows(40, 8, 2);
    let bytes: &[u8] = bytemuck::cast_slice(&values);
    write_npy(&at.join("good.npy"), "<f4", &[40, 8], bytes);
    write_npy(&at.join("cut.npy"), "<f4", &[40, 8], &bytes[..100]);
    write_npy(&at.join("one.npy"), "<f4", &[320], bytes);
    write_npy(&at.join("whole.npy"), "<i4", &[40, 8], bytes);
    write_npy(&at.join("big-endian.npy"), ">f4", &[40, 8], bytes);
    // A type without a name.
    write_npy(&at.join("nameless.npy"), "", &[40], &bytes[..160]);
    write_npy(&at.join("short.npy"), "<f4", &[20, 8], &bytes[..640]);
    let mut holes = values.clone();
    holes[8 * 11 + 3] = f32::NAN;
    write_npy(&at.join("nan.npy"), "<f4", &[40, 8], bytemuck::cast_slice(&holes));
    fs::write(at.join("text.npy"), "hello, this is no array").expect("writable");
    fs::write(at.join("text.safetensors"), "hello, this is no tensor").expect("writable");
    fs::write(at.join("broken.json"), "{\"seed\": ").expect("writable");
    fs::write(at.join("unknown.json"), "{\"model\": {\"latents\": 5}}").expect("writable");
    let file = File::create(at.join("huge.npy")).expect("writable");
    // Sparse: 40 GiB of nothing.
    file.set_len(40 << 30).expect("a file system with sparse files");
    write_tensors(&at.join("two.safetensors"), &[("a", &[40, 8], &values), ("b", &[40, 8], &values)]);
    let encoder = vec![0.1f32; 64 * 16];
    let zeros = vec![0.0f32; 64];
    write_tensors(&at.join("no-decoder.safetensors"), &[("encoder", &[64, 16], &encoder), ("b_enc", &[64], &zeros)]);
    let (e, d): (&[usize], &[usize]) = (&[64, 16], &[64, 16]);
    write_tensors(&at.join("sideways.safetensors"), &[("encoder", e, &encoder), ("decoder", d, &encoder)]);
    write_tensors(&at.join("flat.safetensors"), &[("encoder", &[1024], &encoder), ("decoder", d, &encoder)]);
    let good = fs::read(at.join("two.safetensors")).expect("written just now");
    fs::write(at.join("cut.safetensors"), &good[..good.len() - 9]).expect("writable");

    let cases: &[(&[&str], &[&str])] = &[
        // Configs.
        (&["nothing.json"], &["nothing.json", "cannot be read"]),
        (&["no_method"], &["CONFIG is \"no_method\"", "top_k"]),
        (&["broken.json"], &["broken.json", "not JSON"]),
        (&["unknown.json"], &["model.latents is 5", "absent (known here:", "n_latent"]),
        (&["--set", "model.k=500"], &["model.k is 500", "from 1 to 64"]),
        (&["--set", "model.k"], &["--set", "FIELD=VALUE"]),
        (&["--set", "seed.x=1"], &["seed"]),
        (&["--set", "model.activation=softmax"], &["model.activation is \"softmax\"", "top_k"]),
        (
            &[
                "--set",
                "model.n_latent=65535",
                "--set",
                "bench.n_features=4096",
                "--set",
                "bench.n_input=4096",
                "--set",
                "training.batch=65535",
            ],
            &["model.n_latent is 65535", "GiB"],
        ),
        // Data.
        (&["--set", "source=activations"], &["data of source activations", "--data FILE"]),
        (&["--data", "nothing.npy"], &["nothing.npy", "cannot be read"]),
        (&["--data", "."], &["is a folder"]),
        (&["--data", "cut.npy"], &["cut.npy", "100 bytes of elements for [40, 8]", "a whole .npy file"]),
        (&["--data", "one.npy"], &["of shape [320]", "a matrix [rows, width]"]),
        (&["--data", "whole.npy"], &["whole.npy", "<i4", "float16, float32 or float64"]),
        (&["--data", "big-endian.npy"], &["big-endian.npy", ">f4", "little-endian"]),
        (&["--data", "good.npy", "--labels", "nameless.npy"], &["nameless.npy", "labels must be whole numbers"]),
        (&["--data", "good.npy", "--labels", "one.npy"], &["one.npy", "<f4", "labels must be whole numbers"]),
        (&["--data", "nan.npy"], &["NaN in row 11", "finite"]),
        (&["--data", "text.npy"], &["text.npy", "must be one"]),
        (&["--data", "text.safetensors"], &["a whole safetensors file"]),
        (&["--data", "cut.safetensors", "--tensor", "b"], &["b is", "all in the file"]),
        (&["--data", "two.safetensors"], &["embedding", "the file has a, b"]),
        (&["--data", "two.safetensors", "--tensor", "c"], &["c is absent (the file has a, b)"]),
        (&["--data", "huge.npy"], &["huge.npy", "40.0 GiB", "at most 8 GiB"]),
        (
            &["--data", "good.npy", "--data", "short.npy", "--set", "model.task=transcoder"],
            &["20 rows long", "as many as those of array_0: 40"],
        ),
        (&["--data", "good.npy", "--set", "anchors.coefficient=0.1"], &["anchors.coefficient is 0.1", "no labels"]),
        (&["--order", "sequential"], &["--order is sequential", "--data"]),
        // Weights.
        (&["--init", "no-decoder.safetensors"], &["decoder is absent", "[n_target, n_latent] = [16, 64]"]),
        (&["--init", "sideways.safetensors"], &["decoder is of shape [64, 16]", "[16, 64]"]),
        (&["--init", "flat.safetensors"], &["encoder is of shape [1024]", "[64, 16]"]),
        (&["--init", "text.safetensors"], &["text.safetensors", "a whole safetensors file"]),
        // Links.
        (&["#v=2&nq=40"], &["v of the link is 2", "1, the only version"]),
        (&["#v=1&nope=40"], &["nope of the link is 40", "known:"]),
        (&["#v=1&k=seven"], &["model.k is \"seven\""]),
        (&["#v=1&a.la=0&b.la=0.1"], &["anchors.coefficient", "--run A or --run B"]),
        (&["https://example.org/page"], &["the link is", "behind a #"]),
    ];
    for (args, says) in cases {
        let text = failure(&at, 2, &[&["train", "--out", "run"], *args].concat());
        for word in *says {
            assert!(text.contains(word), "{args:?} must say {word:?}: {text}");
        }
        assert!(!at.join("run").exists(), "{args:?} left a folder behind");
        assert!(text.lines().count() <= 3, "{args:?}: {text}");
    }
}

#[test]
fn other_commands_refuse_as_well() {
    let at = folder("refusals-others");
    let small = ["--quiet", "--backend", "cpu", "--set", "training.steps=5"];
    sdl(&at, &[&["train", "--out", "run"], &small[..]].concat());
    sdl(&at, &[&["train", "--out", "cross", "--set", "model.task=crosscoder"], &small[..]].concat());
    let transcoder = ["train", "--out", "trans", "--set", "model.task=transcoder"];
    sdl(&at, &[&transcoder, &small[..]].concat());
    sdl(&at, &["world", "--out", "other.safetensors", "--quiet", "--set", "bench.n_input=20"]);
    fs::create_dir(at.join("empty")).expect("writable");
    for (args, says) in [
        (&["train"][..], &["--out"][..]),
        (&["train", "--out", "run"], &["there is a run in this folder", "--resume run"]),
        (&["train", "--resume", "empty"], &["--resume is empty", "has begun a run"]),
        (&["train", "--resume", "run", "--set", "model.k=4"], &["cannot be used with"]),
        (&["train", "--log-every", "0", "--out", "x"], &["0 is not in 1.."]),
        (&["eval", "empty"], &["weights.safetensors", "cannot be read"]),
        (&["eval", "run", "--world", "other.safetensors"], &["20 to 20 dimensions", "16 to 16"]),
        (&["eval", "run", "--world", "run/weights.safetensors"], &["directions_in is absent"]),
        (&["export", "cross", "--out", "x"], &["model.task is crosscoder", "--format crosscoder"]),
        (&["export", "run", "--format", "crosscoder", "--out", "x"], &["model.task is \"autoencoder\""]),
        (&["export", "trans", "--out", "x"], &["model.activation is top_k", "transcoder"]),
        (&["import", "run", "--out", "x"], &["cfg.json", "cannot be read"]),
        (&["table", "--out", "x", "--methods", "nope"], &["--methods is \"nope\"", "top_k"]),
        (&["table", "--out", "x", "--set", "source=activations"], &["source is activations"]),
        (&["world", "--out", "x", "--rows", "4000000000"], &["--rows is 4000000000", "GiB"]),
    ] {
        let text = failure(&at, 2, args);
        for word in says {
            assert!(text.contains(word), "{args:?} must say {word:?}: {text}");
        }
    }
}
