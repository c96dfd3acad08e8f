//! WGSL without a GPU: everything parses, validates, and agrees with the kernel table and with Rust's structs.

use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, Module, Override, StorageAccess, TypeInner};
use sdl_explorer::config::MAX_LEVELS;
use sdl_explorer::model::{Control, Hyper};
use sdl_explorer::train::gpu::kernels::{self, Access, Kernel};
use sdl_explorer::train::gpu::step::{SLOT_BYTES, Step};
use std::collections::BTreeSet;
use std::mem::offset_of;

fn module(kernel: &Kernel) -> Module {
    naga::front::wgsl::parse_str(&kernel.source()).unwrap_or_else(|e| {
        panic!("{}.wgsl: {}", kernel.name, e.emit_to_string_with_path(&kernel.source(), kernel.name))
    })
}

#[test]
fn every_kernel_is_valid() {
    for kernel in kernels::TABLE {
        // No capability beyond WebGPU's core: Firefox compiles with naga, too.
        Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module(kernel))
            .unwrap_or_else(|e| panic!("{}.wgsl: {}", kernel.name, e.emit_to_string(&kernel.source())));
    }
}

#[test]
fn the_table_is_the_folder() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/shaders");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the crate has a folder of shaders")
        .map(|entry| entry.expect("readable").file_name().into_string().unwrap())
        .filter(|name| name != "shared.wgsl")
        .collect();
    let table: BTreeSet<String> = kernels::TABLE.iter().map(|kernel| format!("{}.wgsl", kernel.name)).collect();
    assert_eq!(files, table);
}

#[test]
fn entry_points_and_workgroups_are_the_tables() {
    for kernel in kernels::TABLE {
        let module = module(kernel);
        let [entry] = module.entry_points.as_slice() else {
            panic!("{}.wgsl has not one entry point", kernel.name);
        };
        assert_eq!(entry.name, kernel.name);
        assert_eq!(entry.workgroup_size, [kernel.group, 1, 1], "{}", kernel.name);
        assert!(entry.workgroup_size_overrides.is_none(), "{}", kernel.name);
    }
}

#[test]
fn bindings_are_the_tables() {
    for kernel in kernels::TABLE {
        let module = module(kernel);
        let mut found = vec![None; kernel.bindings.len()];
        for (_, global) in module.global_variables.iter() {
            let Some(binding) = &global.binding else {
                continue;
            };
            assert_eq!(binding.group, 0, "{}", kernel.name);
            match global.space {
                AddressSpace::Uniform => assert_eq!(binding.binding, 0, "{}", kernel.name),
                AddressSpace::Storage { access } => {
                    let write = access.contains(StorageAccess::STORE);
                    let access = if write { Access::ReadWrite } else { Access::Read };
                    found[binding.binding as usize - 1] = Some(access);
                }
                other => panic!("{} binds {other:?}", kernel.name),
            }
        }
        let table: Vec<_> = kernel.bindings.iter().copied().map(Some).collect();
        assert_eq!(found, table, "{}", kernel.name);
        assert!(found.len() <= 8, "{}: WebGPU promises 8 storage buffers", kernel.name);
    }
}

#[test]
fn workgroup_memory_fits_16_kib() {
    for kernel in kernels::TABLE {
        let module = module(kernel);
        let bytes: u32 = module
            .global_variables
            .iter()
            .filter(|(_, global)| global.space == AddressSpace::WorkGroup)
            .map(|(_, global)| module.types[global.ty].inner.size(module.to_ctx()))
            .sum();
        assert!(bytes <= 16 << 10, "{} uses {bytes} bytes", kernel.name);
    }
}

/// Names and offsets of a WGSL struct's members.
fn members(name: &str) -> Vec<(String, usize)> {
    let module = module(&kernels::DECODE);
    let (_, found) =
        module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).expect("shared.wgsl declares it");
    let TypeInner::Struct { members, .. } = &found.inner else {
        panic!("{name} is no struct");
    };
    let of = |m: &naga::StructMember| (m.name.clone().unwrap_or_default(), m.offset as usize);
    members.iter().map(of).collect()
}

macro_rules! layout {
    ($of:ty, $($member:ident),*) => {
        vec![$((stringify!($member).to_owned(), offset_of!($of, $member))),*]
    };
}

#[test]
fn hyper_lies_as_in_rust() {
    let rust = layout!(
        Hyper,
        step_size,
        square_scale,
        beta1,
        beta2,
        epsilon,
        clip,
        anchor,
        n_anchors,
        k,
        l1,
        p,
        l0,
        tanh,
        tanh_scale,
        by_norm,
        bandwidth,
        target_l0,
        aux,
        aux_latents,
        aux_normalised,
        aux_relu,
        ghost,
        dead_after,
        n_levels,
        by_rank,
        unused,
        level_ends,
        level_weights
    );
    let wgsl = members("Hyper").into_iter().filter(|(name, _)| !["unused_3", "unused_4"].contains(&name.as_str()));
    let wgsl: Vec<_> = wgsl.map(|(name, at)| (name.replace("unused_2", "unused"), at)).collect();
    assert_eq!(wgsl, rust);
    // No member of Rust's has been left out.
    let lists = 2 + 2 * (MAX_LEVELS - 1);
    assert_eq!(size_of::<Hyper>(), 4 * (rust.len() + lists));
}

#[test]
fn step_lies_as_in_rust() {
    let wgsl = members("Step");
    let rust = layout!(Step, n_rows, first_row, slot, n_steps, capacity, loss_at, training, kept, hyper);
    assert_eq!(wgsl, rust);
    assert!(size_of::<Step>() as u64 <= SLOT_BYTES);
}

#[test]
fn control_lies_as_in_rust() {
    let rust = layout!(Control, threshold, threshold_seen, l0_mean, l0_rate, l0_seen, multiplier);
    assert_eq!(members("Control"), rust);
    assert_eq!(size_of::<Control>(), 4 * rust.len());
}

#[test]
fn constants_are_said_once() {
    for (name, value) in [("GROUP", kernels::GROUP as usize), ("TILE", kernels::TILE as usize)] {
        let declared = format!("const {name}: u32 = {value}u;");
        let found = kernels::TABLE.iter().any(|k| k.source().contains(&declared));
        assert!(found, "no kernel says {declared}");
    }
}

#[test]
fn every_constant_of_a_pipeline_has_a_start_value() {
    let module = module(&kernels::DECODE);
    for (_, Override { name, init, .. }) in module.overrides.iter() {
        assert!(init.is_some(), "{name:?} would have to be given to every kernel");
    }
}
