"""Exports one model per architecture and compares SAELens' activations with ours: `check.py SDL WORK_FOLDER`.

The data are neither centred nor of any particular size, so that what an export folds in is tested, too. Each model is
trained by the `sdl` binary, exported, loaded by SAELens, and run on the same rows; then saved by SAELens, imported, and
run by `sdl` once more.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from sae_lens import SAE
from safetensors.torch import load_file

SDL, WORK = sys.argv[1], Path(sys.argv[2])
N_ROWS, D_IN, D_OUT, N_LATENT = 600, 24, 20, 40
TOLERANCE = 1e-5

TRANSCODER = ["model.task=transcoder"]
TREATED = ["model.scale_data=true", "activations.center=true"]
# name: (architecture in SAELens, settings)
MODELS = {
    "relu": ("standard", ["model.activation=relu", "loss.l1=0.01"]),
    "relu-shifted": ("standard", ["model.activation=relu", "loss.l1=0.01", "model.shift_input=true"]),
    "jump-relu": ("jumprelu", ["model.activation=jump_relu", "loss.l0=0.01", "model.unit_norm_decoder=false"]),
    "batch-top-k": ("jumprelu", ["model.activation=batch_top_k", "model.k=4.5", "model.shift_input=true"]),
    "batch-top-k-by-norm": (
        "jumprelu",
        ["model.activation=batch_top_k", "model.rank_by_norm=true", "model.unit_norm_decoder=false"],
    ),
    "matryoshka": ("jumprelu", ["model.activation=batch_top_k", "loss.matryoshka=[8,20]"]),
    "top-k": ("topk", ["model.activation=top_k", "model.k=4"]),
    "top-k-by-norm": ("topk", ["model.k=4", "model.rank_by_norm=true", "model.unit_norm_decoder=false"]),
    "multi-k": ("topk", ["model.k=4", "loss.multi_k=[2]"]),
    "gated": ("gated", ["model.activation=gated", "loss.l1=0.01"]),
    "gated-shifted": ("gated", ["model.activation=gated", "loss.l1=0.01", "model.shift_input=true"]),
    "transcoder": ("transcoder", ["model.activation=relu", "loss.l1=0.01", *TRANSCODER]),
    "transcoder-skip": ("skip_transcoder", ["model.activation=relu", "model.skip=true", *TRANSCODER]),
    "transcoder-jump-relu": ("jumprelu_transcoder", ["model.activation=jump_relu", "loss.l0=0.01", *TRANSCODER]),
    "transcoder-gated": ("jumprelu_transcoder", ["model.activation=gated", "loss.l1=0.01", *TRANSCODER]),
    "transcoder-batch-top-k-skip": (
        "jumprelu_skip_transcoder",
        ["model.activation=batch_top_k", "model.skip=true", *TRANSCODER],
    ),
}


def sdl(*args: object) -> None:
    subprocess.run([SDL, *map(str, args)], check=True, stdout=subprocess.DEVNULL)


def data() -> tuple[Path, Path]:
    """Rows with a mean and a size of their own, and targets that follow from them."""
    rng = np.random.default_rng(7)
    directions = rng.normal(size=(64, D_IN))
    codes = rng.exponential(size=(N_ROWS, 64)) * (rng.random((N_ROWS, 64)) < 0.06)
    rows = 0.7 * codes @ directions + rng.normal(size=D_IN)
    targets = np.tanh(rows @ rng.normal(size=(D_IN, D_OUT)) / 4) + 0.5
    paths = WORK / "input.npy", WORK / "target.npy"
    np.save(paths[0], rows.astype(np.float32))
    np.save(paths[1], targets.astype(np.float32))
    return paths


def far(a: torch.Tensor, b: torch.Tensor) -> float:
    """The largest difference, beside the largest value."""
    return ((a - b).abs().max() / b.abs().max().clamp(min=1.0)).item()


def check(name: str, treated: bool, paths: tuple[Path, Path]) -> list[str]:
    architecture, settings = MODELS[name]
    folder = WORK / (f"{name}-treated" if treated else name)
    files = [flag for path in paths[: 2 if "transcoder" in name else 1] for flag in ("--data", path)]
    common = [f"model.n_latent={N_LATENT}", "model.b_enc=true", "model.b_dec=true", "training.steps=150"]
    treatment = TREATED if treated else ["activations.center=false"]
    sets = [flag for s in [*common, *treatment, *settings] for flag in ("--set", s)]
    sdl("train", "--backend", "cpu", "--quiet", "--out", folder, *files, *sets)
    sdl("eval", folder, *files, "--latents", folder / "ours.safetensors")
    sdl("export", folder, "--out", folder / "saelens")

    sae = SAE.load_from_disk(folder / "saelens")
    problems = []
    if sae.cfg.architecture() != architecture:
        problems.append(f"{name}: loaded as {sae.cfg.architecture()}, expected {architecture}")
    rows = torch.from_numpy(np.load(paths[0]))
    with torch.no_grad():
        latents, output = sae.encode(rows), sae(rows)
    ours = load_file(folder / "ours.safetensors")
    expected = ours["latents"]
    if "by-norm" in name and architecture == "topk":
        # SAELens' own convention: with norms taken into the ranks, activations are z n.
        expected = expected * sae.W_dec.norm(dim=-1)

    # And back: what SAELens saves, we load.
    sae.save_model(folder / "again")
    sdl("import", folder / "again", "--out", folder / "imported.safetensors")
    sdl("eval", folder / "imported.safetensors", *files, "--latents", folder / "theirs.safetensors")
    theirs = load_file(folder / "theirs.safetensors")
    distances = {
        "latents": far(latents, expected),
        "reconstruction": far(output, ours["reconstruction"]),
        "imported latents": far(theirs["latents"], ours["latents"]),
        "imported reconstruction": far(theirs["reconstruction"], ours["reconstruction"]),
    }
    said = ", ".join(f"{what} {distance:.1e}" for what, distance in distances.items())
    print(f"{folder.name:35} {architecture:25} L0 {(latents > 0).float().sum(-1).mean():5.2f}  off by: {said}", flush=True)
    if not (latents > 0).any():
        problems.append(f"{folder.name}: nothing fires, so nothing was compared")
    problems += [f"{folder.name}: {what} off by {d:.2e}" for what, d in distances.items() if not d <= TOLERANCE]
    if json.loads((folder / "again" / "cfg.json").read_text())["metadata"]["program"].split()[0] != "sdl-explorer":
        problems.append(f"{folder.name}: the provenance did not survive")
    return problems


def main() -> None:
    torch.manual_seed(0)
    paths = data()
    problems = [p for name in MODELS for treated in (False, True) for p in check(name, treated, paths)]
    if problems:
        sys.exit("\n".join(problems))


main()
