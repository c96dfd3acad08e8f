//! Runs killed at any moment go on to the same bits; a full disk loses nothing.

use super::{command, failure, folder, lines, output, rows, sdl, write_npy, write_tensors};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What has state of every kind: a threshold, a penalty under control, resampling, densities.
const CONFIG: [&str; 16] = [
    "--set",
    "model.activation=batch_top_k",
    "--set",
    "loss.l1=0.01",
    "--set",
    "loss.target_l0=2",
    "--set",
    "dead.treatment=resample",
    "--set",
    "dead.window=2000",
    "--set",
    "dead.resample_every=150",
    "--set",
    "training.steps=3000",
    "--backend",
    "cpu",
];
const EVERY: [&str; 5] = ["--log-every", "20", "--checkpoint-every", "130", "--quiet"];
const FILES: [&str; 4] = ["config.json", "metrics.jsonl", "checkpoint.bin", "weights.safetensors"];

fn train(out: &str) -> Vec<&str> {
    [&["train", "--out", out], &CONFIG[..], &EVERY].concat()
}

fn assert_same(at: &Path, a: &str, b: &str) {
    for file in FILES {
        let read = |run: &str| fs::read(at.join(run).join(file)).unwrap_or_else(|e| panic!("{run}/{file}: {e}"));
        assert!(read(a) == read(b), "{file} of {b} differs from the run that was not killed");
    }
}

/// Kills a command once its log has grown by so many lines (or, with none, after a moment).
fn kill(at: &Path, args: &[&str], run: &str, more_lines: usize, moment: Duration) {
    let log = at.join(run).join("metrics.jsonl");
    let count = || fs::read(&log).map_or(0, |bytes| bytes.iter().filter(|b| **b == b'\n').count());
    let before = count();
    let mut child = command(at, args).stderr(Stdio::null()).spawn().expect("the binary runs");
    let start = Instant::now();
    while more_lines > 0 && count() < before + more_lines && start.elapsed() < Duration::from_secs(60) {
        if child.try_wait().expect("a child").is_some() {
            return;
        }
        sleep(Duration::from_micros(300));
    }
    sleep(moment);
    // SIGKILL, on Unix: nothing of the program runs any more.
    child.kill().expect("killed, or ended before");
    child.wait().expect("a child");
}

/// A run that is killed again and again, until it is through, leaves the same files as one that was not.
fn assert_survives(at: &Path, name: &str, sets: &[&str], more_lines: usize) {
    let whole = format!("{name}-whole");
    sdl(at, &[&train(&whole)[..], sets].concat());
    assert_eq!(lines(&at.join(&whole).join("metrics.jsonl")).len(), 151);
    let begin = [&train(name)[..], sets].concat();
    let go_on = ["train", "--resume", name, "--quiet"];
    let mut kills = 0;
    while !at.join(name).join("weights.safetensors").exists() && kills < 12 {
        let begun = at.join(name).join("run.json").exists();
        // Before a step, in the middle of files being written, between them.
        let moment = Duration::from_millis(7 * kills % 23);
        kill(at, if begun { &go_on } else { &begin }, name, if kills == 0 { 0 } else { more_lines }, moment);
        kills += 1;
    }
    let begun = at.join(name).join("run.json").exists();
    sdl(at, if begun { &go_on } else { &begin });
    assert!(kills > 1, "{name}: the run was over before it could be killed");
    assert_same(at, &whole, name);
    let left: Vec<_> = fs::read_dir(at.join(name)).expect("the folder").filter_map(Result::ok).collect();
    assert_eq!(left.len(), 5, "{left:?}");
}

#[test]
fn a_run_killed_at_any_moment_ends_with_the_same_bits() {
    let at = folder("kills");
    for (name, more_lines) in [("early", 1), ("often", 9), ("late", 60)] {
        assert_survives(&at, name, &[], more_lines);
    }
    let annealed =
        ["model.activation=relu", "loss.target_l0=0", "loss.p_end=0.5", "loss.p_from=300", "loss.p_until=2500"];
    let sets: Vec<&str> = annealed.iter().flat_map(|set| ["--set", set]).collect();
    assert_survives(&at, "annealed", &sets, 25);
}

/// The same with rows in their order from given weights: what the folder remembers of the command line.
#[test]
fn a_killed_run_on_data_goes_on_with_them() {
    let at = folder("kills-data");
    let values = rows(500, 16, 1);
    write_npy(&at.join("rows.npy"), "<f4", &[500, 16], bytemuck::cast_slice(&values));
    let weights = rows(64, 16, 2);
    write_tensors(&at.join("init.safetensors"), &[("encoder", &[64, 16], &weights), ("decoder", &[16, 64], &weights)]);
    let on_data = ["--data", "rows.npy", "--init", "init.safetensors", "--order", "sequential"];
    let train = |out: &'static str| [&train(out)[..], &on_data].concat();
    sdl(&at, &train("whole"));
    kill(&at, &train("killed"), "killed", 30, Duration::ZERO);
    // From somewhere else, and with less to say: the data are found again.
    let run = at.join("killed");
    kill(&at, &["train", "--resume", "killed"], "killed", 20, Duration::ZERO);
    sdl(&std::env::temp_dir(), &["train", "--quiet", "--resume", run.to_str().expect("text")]);
    assert_same(&at, "whole", "killed");
    write_npy(&at.join("rows.npy"), "<f4", &[499, 16], bytemuck::cast_slice(&values[..499 * 16]));
    let text = failure(&at, 2, &["train", "--resume", "killed"]);
    assert!(text.contains("rows.npy is not what the run began with"), "{text}");
}

#[test]
fn a_log_is_cut_back_to_its_checkpoint_and_a_damaged_checkpoint_is_told() {
    let at = folder("cuts");
    let args = [&train("run")[..], &["--set", "training.steps=200"]].concat();
    sdl(&at, &args);
    let whole = fs::read(at.join("run/metrics.jsonl")).expect("a log");
    // As if killed while writing: a line of a later step, and half a line.
    let longer = [&whole[..], b"{\"step\":5000}\n{\"step\":50"].concat();
    fs::write(at.join("run/metrics.jsonl"), longer).expect("writable");
    sdl(&at, &["train", "--resume", "run", "--quiet"]);
    assert!(fs::read(at.join("run/metrics.jsonl")).expect("a log") == whole, "the log is not cut back");

    let path = at.join("run/checkpoint.bin");
    let good = fs::read(&path).expect("a checkpoint");
    let mut bad = good.clone();
    bad[1000] ^= 1;
    for (bytes, says) in [(&bad[..], "checksum"), (&good[..good.len() - 3], "damaged"), (&good[..5], "too short")] {
        fs::write(&path, bytes).expect("writable");
        let text = failure(&at, 2, &["train", "--resume", "run"]);
        assert!(text.contains("checkpoint.bin") && text.contains(says), "{text}");
    }
}

#[test]
fn two_programs_do_not_write_to_one_run() {
    let at = folder("lock");
    let args = [&train("run")[..], &["--set", "training.steps=1000000"]].concat();
    let mut child = command(&at, &args).spawn().expect("the binary runs");
    let start = Instant::now();
    while lines(&at.join("run/metrics.jsonl")).len() < 2 && start.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(5));
    }
    let text = failure(&at, 2, &["train", "--resume", "run"]);
    child.kill().expect("it runs");
    child.wait().expect("a child");
    assert!(text.contains("in use"), "{text}");
}

/// /dev/full takes no byte: the log cannot be written, and what was there before stays.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_ends_a_run_with_what_to_do() {
    let at = folder("full");
    fs::create_dir(at.join("run")).expect("writable");
    std::os::unix::fs::symlink("/dev/full", at.join("run/metrics.jsonl")).expect("writable");
    let text = failure(&at, 1, &train("run"));
    assert!(text.contains("metrics.jsonl") && text.contains("cannot be written"), "{text}");
    assert!(text.contains("sdl train --resume run"), "{text}");
    // The disk has room again: the run goes on, as if nothing had been.
    fs::remove_file(at.join("run/metrics.jsonl")).expect("writable");
    sdl(&at, &["train", "--resume", "run", "--quiet"]);
    sdl(&at, &train("whole"));
    assert_same(&at, "whole", "run");
}

/// The same on a file system that fills up in the middle; needs to be root to make one.
#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_fills_up_loses_nothing_already_written() {
    let at = folder("tmpfs");
    let disk = at.join("disk");
    fs::create_dir(&disk).expect("writable");
    let mount = |args: &[&str]| std::process::Command::new("mount").args(args).arg(&disk).output();
    if !mount(&["-t", "tmpfs", "-o", "size=128k", "tmpfs"]).is_ok_and(|out| out.status.success()) {
        eprintln!("SKIPPED, NO TMPFS: only root may mount one");
        return;
    }
    let out = output(&at, &train("disk/run"));
    let error = String::from_utf8_lossy(&out.stderr).into_owned();
    let copied = std::process::Command::new("cp").args(["-r", "disk/run", "run"]).current_dir(&at).status();
    let unmounted = std::process::Command::new("umount").arg(&disk).status();
    assert!(unmounted.is_ok_and(|s| s.success()) && copied.is_ok_and(|s| s.success()));
    assert_eq!(out.status.code(), Some(1), "{error}");
    assert!(error.contains("sdl train --resume disk/run"), "{error}");
    let kept = lines(&at.join("run/metrics.jsonl"));
    assert!(kept.len() > 10 && kept.len() < 151, "{} lines", kept.len());
    sdl(&at, &["train", "--resume", "run", "--quiet"]);
    sdl(&at, &train("whole"));
    assert_same(&at, "whole", "run");
}
